// What holds for every page.
import assert from "node:assert/strict";
import { address, axe, open, PAGES, settled, visit } from "../session.mjs";

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
        const told = serious.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 120)}`);
        assert.deepEqual(told, [], `${id}, ${colorScheme}`);
      }
      await page.context().close();
    }
  },

  async "it opens without a network after the first visit"() {
    const page = await open({ serviceWorkers: "allow" });
    await visit(page, "");
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    await settled(page);
    await page.context().setOffline(true);
    await page.goto(`${address}?page=worth`);
    await settled(page);
    assert.equal(await page.textContent('[data-of="hidden_covariance_layer_1-tau"]'), "−0.3715");
  },
};
