// Which metric predicts best.
import { readFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { open, visit } from "../session.mjs";

export default {
  async "the ranking shows the published number, sorts, and back restores"() {
    const page = await open();
    await visit(page, "");
    assert.equal(await page.textContent('[data-of="hidden_covariance_layer_1-tau"]'), "−0.3715");
    await page.click("text=Pearson r");
    await page.waitForURL(/sort=r/);
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]').textContent === "Pearson r");
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]').textContent === "Kendall τ-b");
    await page.goForward();
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]').textContent === "Pearson r");
  },

  async "the question is answered with a sentence, on every benchmark"() {
    const page = await open();
    const answers = {
      "nas-bench-nlp": /^Hidden covariance, layer 1 reaches 0\.37; the best trivial count, .*, 0\.0/,
      "nas-bench-bert": /^None: the trivial count .* reaches 0\.80, the best metric, Head confidence, 0\.48/,
      lts: /^LPZero reaches 0\.89, hardly more than the trivial count .* with 0\.88/,
    };
    for (const [id, answer] of Object.entries(answers)) {
      await visit(page, `?page=worth&benchmark=${id}`);
      await page.waitForSelector("#answer");
      assert.match(await page.textContent("#answer"), answer);
      const marked = await page.locator("#worth th", { hasText: "†" }).count();
      assert.equal(marked, { "nas-bench-nlp": 1, "nas-bench-bert": 9, lts: 0 }[id], id);
    }
  },

  async "the other pages open on the current benchmark, and a page is found as it was left"() {
    const page = await open();
    await visit(page, "?page=worth&sort=r");
    await page.selectOption("select >> nth=0", "nas-bench-bert");
    await page.click("nav >> text=All points");
    await page.waitForURL(/page=scatter&benchmark=nas-bench-bert/);
    await page.click("nav >> text=Metrics ranked");
    await page.waitForURL(/sort=r/);
    assert.match(page.url(), /benchmark=nas-bench-bert/);
  },

  async "sorting leaves the page where it is scrolled to"() {
    const page = await open();
    await visit(page, "?page=worth");
    await page.locator("text=Spearman ρ").first().scrollIntoViewIfNeeded();
    await page.evaluate(() => window.scrollTo(0, 700));
    await page.click("#worth >> text=Spearman ρ");
    await page.waitForURL(/sort=rho/);
    assert.ok((await page.evaluate(() => window.scrollY)) > 300);
  },

  async "tables and pictures can be saved"() {
    const page = await open();
    await visit(page, "?page=worth");
    const saved = async (button) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
      return readFile(await download.path());
    };
    assert.match((await saved("text=Save as CSV")).toString(), /^group,predictor,rows,tau_b/);
    const rows = JSON.parse(await saved('text="Save as JSON"'));
    assert.equal(rows.find(({ predictor }) => predictor === "hidden_covariance_layer_1").tau_b.toFixed(4), "-0.3715");
    assert.match((await saved("text=Save as SVG")).toString(), /^<svg/);
    assert.equal((await saved("text=Save as PNG")).subarray(1, 4).toString(), "PNG");
  },

  async "recomputed scores are shown next to the published ones"() {
    const page = await open();
    await visit(page, "");
    await page.waitForSelector("#recomputed tbody tr");
    const taus = await page.locator("#recomputed td:nth-of-type(1)").allTextContents();
    assert.equal(taus.length, 3);
    assert.equal(taus[0], "−0.3715");
  },
};
