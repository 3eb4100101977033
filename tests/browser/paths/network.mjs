// One network, and another to compare with.
import assert from "node:assert/strict";
import { open, visit } from "../session.mjs";

export default {
  async "a cell shows its graph and its published scores"() {
    const page = await open();
    await visit(page, "?page=network&id=3");
    assert.match(await page.textContent("h2"), /Cell 3/);
    assert.match(await page.textContent("table.scores"), /Hidden covariance, layer 1−4,?900/);
    assert.ok((await page.locator(".graph rect").count()) >= 3);
    await page.click(".nearest a >> nth=0");
    await page.waitForFunction(() => document.querySelectorAll("section.one").length === 2);
  },

  async "two cells side by side show what the other does not compute"() {
    const page = await open();
    await visit(page, "?page=network&id=1&beside=2");
    const [lstm, gru] = await page.locator("section.one").all();
    // Both have gates of the input and the state; only the GRU blends.
    assert.equal(await lstm.locator(".graph .marked").filter({ hasText: "linear" }).count(), 0);
    assert.equal(await gru.locator(".graph .marked").filter({ hasText: "blend" }).count(), 1);
    await visit(page, "?page=network&id=3&beside=4");
    await page.waitForSelector("tr.apart");
  },

  async "an encoder shows its layers and what it reached on each task"() {
    const page = await open();
    await visit(page, "?page=network&benchmark=nas-bench-bert&id=0");
    assert.match(await page.textContent(".one .note"), /^4 layers, 256 units wide, .*GLUE score 74\.7 after 57 minutes/);
    const layers = await page.locator(".layers li").allInnerTexts();
    assert.deepEqual(layers.map((layer) => layer.split("\n")[0]), [
      "Attention, weighted multiplicative", "Cosine transform", "Attention, scaled dot product", "Attention, scaled dot product",
    ]);
    assert.match(layers[0], /4 heads of 64 units\s+3 feed-forward layers, 1,024 wide/);
    const tasks = await page.locator("#glue-0 tbody tr").allInnerTexts();
    assert.equal(tasks.length, 8);
    assert.match(tasks[0], /^CoLA.*42\.7/);
    assert.match(await page.textContent(".scores >> nth=1"), /GLUE score74\.734.*Number of parameters, as published13\.3M/);
  },

  async "a neighbour of an encoder is shown next to it, with the differences marked, and back removes it"() {
    const page = await open();
    await visit(page, "?page=network&benchmark=nas-bench-bert&id=0");
    await page.click(".nearest a >> nth=0");
    await page.waitForFunction(() => document.querySelectorAll("section.one").length === 2);
    assert.ok((await page.locator(".layers .apart").count()) > 0);
    await page.goBack();
    await page.waitForFunction(() => document.querySelectorAll("section.one").length === 1);
    await page.selectOption("select >> nth=0", "nas-bench-nlp");
    await page.waitForSelector(".graph");
    assert.doesNotMatch(page.url(), /id=/);
  },

  async "an id that there is not gets a sentence"() {
    const page = await open();
    await visit(page, "?page=network&benchmark=nas-bench-bert&id=500");
    assert.equal(await page.textContent(".one .problem"), "Ids run from 0 to 499.");
  },
};
