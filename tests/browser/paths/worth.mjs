// Which metric predicts best.
import { readFile } from "node:fs/promises";
import assert from "node:assert/strict";
import { choice, open, visit } from "../session.mjs";

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
      lts: /^None: the trivial count .* reaches 0\.88, the best metric, Head importance, 0\.86/,
    };
    for (const [id, answer] of Object.entries(answers)) {
      await visit(page, `?page=worth&benchmark=${id}`);
      await page.waitForSelector("#answer");
      assert.match(await page.textContent("#answer"), answer);
      const marked = await page.locator("#worth th", { hasText: "†" }).count();
      assert.equal(marked, { "nas-bench-nlp": 1, "nas-bench-bert": 9, lts: 5 }[id], id);
    }
  },

  async "the suite that was computed here is ranked, also beyond the size of the networks"() {
    const page = await open();
    await visit(page, "?page=worth&benchmark=lts");
    await choice(page, "Scores").selectOption("suite");
    await page.waitForURL(/scores=suite/);
    assert.match(await page.textContent("#conditions"), /^Computed by this program: 16 sequences of 48 tokens/);
    await page.waitForSelector('[data-of="naswot-tau"]');
    await page.click("#worth >> text=τ-b given size");
    await page.waitForURL(/sort=partial_tau/);
    const shown = await page.locator("[data-of$='-partial_tau']").allTextContents();
    const sizes = shown.filter((text) => text !== "–").map((text) => Math.abs(Number(text.replace("−", "-"))));
    assert.ok(sizes.length > 30 && sizes.every((size, at) => at === 0 || size <= sizes[at - 1]), shown.join());
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

  async "two files of a visitor's own are evaluated, with target, direction and groups to choose"() {
    const page = await open();
    await visit(page, "?page=worth");
    const file = (name, text) => ({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
    // As pandas writes them: an index without a name, ids as floats. The score falls as the loss rises.
    const scores = ",id,mine,note\n0,1.0,9,x\n1,2.0,8,y\n2,3.0,7,z\n3,4.0,6,w\n";
    const results = "id,loss,accuracy,size,kind\n1,1,0.9,40,deep\n2,2,0.7,10,deep\n3,3,0.8,30,wide\n4,4,0.6,20,wide\n";
    await page.setInputFiles("main input[type=file]", [file("scores.csv", scores), file("results.csv", results)]);
    const tau = (value) => page.waitForFunction((value) => document.querySelector('[data-own="mine"]')?.textContent === value, value);
    await tau("−1.0000");
    assert.equal(await page.textContent("#opened"), "Scores: scores.csv. Results: results.csv.");
    const notes = () => page.locator(".scroll:has(#own) + ul").textContent();
    assert.match(await notes(), /'loss' of results\.csv; lower is better/);
    // Of six pairs of accuracies one is the other way round.
    await page.selectOption("#own-target", "accuracy");
    await tau("0.6667");
    assert.match(await notes(), /'accuracy' of results\.csv; higher is better/);
    await page.selectOption("#own-better", "lower");
    await page.waitForFunction(() => document.querySelector("main").textContent.includes("lower is better (as given)"));
    await page.selectOption("#own-group", "kind");
    await page.waitForFunction(() => document.querySelectorAll('[data-own="mine"]').length === 2);
    const commands = await page.locator("main pre").allTextContents();
    assert.ok(commands.some((line) => line === "untrained correlate ./scores.csv --against ./results.csv --target accuracy --better lower --group kind"), commands);
    // What cannot be used is one sentence with its place; the same by dropping.
    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["id,loss\n1,2\n2,much\n"], "results.csv"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await page.waitForFunction(() => document.querySelector("#own-problem")?.textContent === "table results.csv, line 3: loss is 'much', which is no number");
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
