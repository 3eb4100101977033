// Cells trained in the tab.
import assert from "node:assert/strict";
import { open, visit } from "../session.mjs";

/** Waits for the agreement after so many steps. */
const after = (page, steps) => page.waitForFunction(
  (start) => document.querySelector("#agreement")?.textContent.startsWith(start),
  `After ${steps} of`,
  { timeout: 240_000 },
);

export default {
  async "cells are trained, drawn and compared"() {
    const page = await open();
    await visit(page, "?page=train&cells=3&steps=20");
    await page.click("#train");
    await after(page, 20);
    await page.waitForFunction(() => /in the end: [-−\d]/.test(document.querySelector("#agreement").textContent), null, { timeout: 60_000 });
    assert.equal(await page.locator("#trained tbody tr").count(), 3);
    const places = await page.locator("#trained td:nth-of-type(2)").allTextContents();
    assert.deepEqual(places.map(Number).sort(), [1, 2, 3]);
    const losses = (await page.locator("#trained td:nth-of-type(5)").allTextContents()).map(Number);
    assert.ok(losses.every((loss) => loss > 2 && loss < 7.5), losses);
    await page.waitForSelector("#curves svg");
    assert.match(await page.textContent("#curves"), /The best possible loss is \d\.\d\d/);
    // Frozen matrices are another run.
    await page.check("input[type=checkbox]");
    await page.click("#train");
    await after(page, 20);
    assert.match(page.url(), /frozen=true/);
    const frozen = (await page.locator("#trained td:nth-of-type(5)").allTextContents()).map(Number);
    assert.notDeepEqual(frozen, losses);
  },

  async "training can be stopped, and its cells stay"() {
    const page = await open();
    await visit(page, "?page=train&cells=3&steps=5000");
    await page.click("#train");
    await after(page, 5);
    await page.click("text=Stop");
    await page.waitForFunction(() => !document.querySelector("#train").disabled, null, { timeout: 30_000 });
    assert.equal(await page.locator("#trained tbody tr").count(), 3);
    await page.click("text=Formulas");
    await page.click("nav >> text=Train");
    assert.equal(await page.locator("#trained tbody tr").count(), 3);
  },
};
