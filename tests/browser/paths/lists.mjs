// Many cells, many seeds, all metrics.
import assert from "node:assert/strict";
import { choice, field, native, open, visit } from "../session.mjs";

export default {
  async "many cells are ranked as they are scored"() {
    const page = await open();
    await visit(page, "?page=many");
    await page.fill("input >> nth=0", "4");
    await page.click("text=Draw and score");
    await page.waitForFunction(() => /^4 of 4 cells/.test(document.querySelector("[role=status]").textContent), null, { timeout: 120_000 });
    const draws = await page.locator("#many td:nth-of-type(3)").allTextContents();
    assert.equal(draws.reduce((sum, draws) => sum + Number(draws), 0), 4);
    // Another page, and back: what was found is still there, and each cell leads to its own page.
    await page.click("text=Formulas");
    await page.click("text=Score many");
    assert.equal(await page.locator("#many tbody tr").count(), draws.length);
    await page.click("#many a >> nth=0");
    await page.waitForSelector(".graph");
    assert.ok(await page.isEnabled("#score"));
  },

  async "encoders and decoders are drawn, scored and ranked"() {
    const page = await open();
    await visit(page, "?page=many");
    for (const [family, metric, better] of [["encoders", "Synaptic saliency, normalised", "lower"], ["decoders", "Attention confidence", "higher"]]) {
      await choice(page, "Networks").selectOption({ label: family[0].toUpperCase() + family.slice(1) });
      await choice(page, "Metric").selectOption({ label: metric });
      await field(page, "Count").fill("3");
      await page.click("text=Draw and score");
      await page.waitForFunction((done) => document.querySelector("[role=status]").textContent.startsWith(done), `3 of 3 ${family}`, { timeout: 120_000 });
      assert.equal(await page.locator(".problem:visible").count(), 0);
      assert.match(await page.textContent("#many thead"), new RegExp(`Parameters${metric}Network`));
      const values = (await page.locator("#many td:nth-of-type(5)").allTextContents()).map((text) => Number(text.replace("−", "-").replaceAll(",", "")));
      assert.deepEqual(values, [...values].sort((a, b) => (better === "lower" ? a - b : b - a)));
    }
    // The size itself as the metric: one count, shown twice.
    await choice(page, "Networks").selectOption({ label: "Cells" });
    await choice(page, "Metric").selectOption({ label: "Nodes" });
    await page.click("text=Draw and score");
    await page.waitForFunction(() => document.querySelector("[role=status]").textContent.startsWith("3 of 3 cells"), null, { timeout: 120_000 });
    assert.equal(await page.locator(".problem:visible").count(), 0);
    const counts = (column) => page.locator(`#many td:nth-of-type(${column})`).allTextContents();
    assert.deepEqual(await counts(4), await counts(5));
    await choice(page, "Networks").selectOption({ label: "Decoders" });
    await page.click("text=Draw and score");
    await page.waitForFunction(() => document.querySelector("[role=status]").textContent.startsWith("3 of 3 decoders"), null, { timeout: 120_000 });
    // Each leads to its own page.
    await page.click("#many a >> nth=0");
    await page.waitForSelector("#score");
    assert.ok(await page.isEnabled("#score"));
    assert.match(await page.inputValue("textarea"), /n_layer/);
  },

  async "seeds are scored one after the other"() {
    const page = await open();
    await visit(page, "?page=stable");
    assert.equal(await page.locator(".drawing svg").count(), 2);
    await page.click("text=Score >> nth=-1");
    await page.waitForFunction(() => document.querySelectorAll("#seeds li").length === 5, null, { timeout: 120_000 });
  },

  async "every metric has its card"() {
    const page = await open();
    await visit(page, "?page=metrics");
    assert.equal(await page.locator(".cards .card").count(), native.metrics);
  },

  async "an address with a metric shows its card"() {
    const page = await open();
    await visit(page, "?page=metrics#encoder-head_confidence");
    await page.waitForSelector("[data-named]");
    assert.equal(await page.getAttribute("[data-named]", "id"), "encoder-head_confidence");
    assert.ok(await page.evaluate(() => window.scrollY > 0));
  },
};
