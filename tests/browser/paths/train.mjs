// Cells trained in the tab.
import assert from "node:assert/strict";
import { native, open, visit } from "../session.mjs";

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

  async "cells and text of the visitor are trained"() {
    const page = await open();
    await visit(page, "?page=train&steps=20");
    const linear = (input) => `{"h_new_0": {"op": "activation_tanh", "input": ["a"]}, "a": {"op": "linear", "input": ${input}}}`;
    const cells = [
      `{"name": "reads both", "recipe": ${linear('["x", "h_prev_0"]')}}`,
      `{"name": "reads its state twice", "recipe": ${linear('["x", "h_prev_0", "h_prev_0"]')}}`,
    ].join("\n");
    const text = "one two three four five six seven eight\n".repeat(600);
    await page.setInputFiles("input[type=file]", [
      { name: "cells.jsonl", mimeType: "application/json", buffer: Buffer.from(cells) },
      { name: "counting.txt", mimeType: "text/plain", buffer: Buffer.from(text) },
      { name: "image.png", mimeType: "image/png", buffer: Buffer.from("no text") },
    ]);
    await page.waitForFunction(() => document.querySelector("#train-files").textContent.includes("2 cells to train"));
    const report = await page.textContent("#train-files");
    assert.match(report, /counting\.txt: its most frequent words are read/);
    assert.match(report, /image\.png is not used/);
    await page.click("#train");
    await page.waitForFunction(
      () => [...document.querySelectorAll("#trained td:nth-of-type(5)")].filter((cell) => cell.textContent).length === 2
        && document.querySelector("#train").disabled === false,
      null,
      { timeout: 120_000 },
    );
    assert.deepEqual((await page.locator("#trained td:nth-of-type(3)").allTextContents()).sort(), ["reads both", "reads its state twice"]);
    const losses = (await page.locator("#trained td:nth-of-type(5)").allTextContents()).map(Number);
    // Nine words in turns: far below what a made-up text allows.
    assert.ok(losses.every((loss) => loss < 2), losses);
    await page.waitForSelector("#curves svg");
    assert.doesNotMatch(await page.textContent("#curves"), /best possible/);
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

  async "the companion trains cells as the tab does, and larger ones"() {
    const page = await open();
    const cells = "?page=train&cells=2&steps=20";
    const losses = async () => {
      await page.click("#train");
      await page.waitForFunction(() => /20 of 20|^2 cells/.test(document.querySelector("#agreement")?.textContent ?? "")
        && !document.querySelector("#train").disabled, null, { timeout: 120_000 });
      const losses = await page.locator("#trained td:nth-of-type(5)").allTextContents();
      assert.equal(losses.length, 2);
      assert.ok(losses.map(Number).every((loss) => loss > 2 && loss < 7.5), losses);
      return losses;
    };
    await visit(page, `${cells}&where=tab`);
    assert.match(await page.textContent("#companion"), /There is no companion here/);
    const inTab = await losses();
    await page.goto(`${native.companion}${cells}`);
    await page.waitForSelector("#companion");
    assert.match(await page.textContent("#companion"), /The companion answers/);
    assert.deepEqual(await losses(), inTab);
    // The published sizes: 20 steps would take minutes, so it is stopped after the first turns.
    await page.selectOption("label:has-text('Network') select", "published");
    await page.waitForFunction(() => /network=published/.test(location.search), null, { timeout: 10_000 });
    await page.click("#train");
    await page.waitForFunction(() => /^5 of 20/.test(document.querySelector("#train-progress")?.textContent ?? ""), null, { timeout: 240_000 });
    const large = (await page.locator("#trained td:nth-of-type(5)").allTextContents()).map(Number);
    // Words of a vocabulary of 10,000.
    assert.ok(large.every((loss) => loss > 7 && loss < 10.2), large);
    await page.click("text=Stop");
    await page.waitForFunction(() => !document.querySelector("#train").disabled, null, { timeout: 30_000 });
  },
};
