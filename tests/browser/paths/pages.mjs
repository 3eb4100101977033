// What holds for every page.
import assert from "node:assert/strict";
import { axe, choice, open, PAGES, visit } from "../session.mjs";

export default {
  async "every page of benchmarks opens on each of them"() {
    const page = await open();
    await visit(page, "?page=worth");
    const ids = await choice(page, "Benchmark").locator("option").evaluateAll((all) => all.map((one) => one.value));
    assert.ok(ids.length >= 10, ids.join());
    for (const id of ids) {
      for (const name of ["worth", "scatter", "network", "stable"]) {
        await visit(page, `?page=${name}&benchmark=${id}`);
        assert.equal(await page.locator(".problem:visible").count(), 0, `${name}, ${id}`);
        assert.ok((await page.textContent("main")).length > 200, `${name}, ${id}`);
      }
    }
  },

  async "every page opens in both themes and is accessible"() {
    for (const colorScheme of ["light", "dark"]) {
      const page = await open({ colorScheme });
      for (const id of PAGES) {
        await visit(page, `?page=${id}`);
        // Playwright evaluates outside the page's policy.
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => axe.run());
        const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
        const found = serious.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`);
        assert.deepEqual(found, [], `${id}, ${colorScheme}`);
      }
      await page.context().close();
    }
  },
};
