// Many cells, many seeds, all metrics.
import assert from "node:assert/strict";
import { native, open, visit } from "../session.mjs";

export default {
  async "many cells are ranked as they come"() {
    const page = await open();
    await visit(page, "?page=many");
    await page.fill("input >> nth=0", "4");
    await page.click("text=Draw and score");
    await page.waitForFunction(() => document.querySelectorAll("#many tbody tr").length === 4, null, { timeout: 120_000 });
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
};
