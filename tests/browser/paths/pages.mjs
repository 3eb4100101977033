// What holds for every page.
import assert from "node:assert/strict";
import { axe, open, PAGES, visit } from "../session.mjs";

export default {
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
