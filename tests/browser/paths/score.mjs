// A cell of one's own is scored.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { carded, equal, folder, native, open, visit } from "../session.mjs";

export default {
  async "a cell scored here equals the native record"() {
    const page = await open();
    await visit(page, "?page=score");
    await scoreGru(page);
    await equal(page, native.best, 1e-3);
  },

  async "so does the worker for browsers that cannot multiply and add in one instruction"() {
    const page = await open();
    const fetched = [];
    page.on("request", (request) => fetched.push(new URL(request.url()).pathname.split("/").at(-1)));
    const script = await readFile(`${folder}/cpu-module.js`, "utf8");
    const body = script.replace("WebAssembly.validate(", "!WebAssembly.validate(");
    assert.notEqual(body, script);
    await page.route("**/cpu-module.js*", (route) => route.fulfill({ body, contentType: "text/javascript" }));
    await visit(page, "?page=score");
    await scoreGru(page);
    await equal(page, native.best, 1e-3);
    assert.ok(fetched.includes("untrained-worker_bg.wasm") && !fetched.includes("untrained-fused_bg.wasm"), `${fetched}`);
  },

  async "a cell scored through WebGPU equals the native record, and a GPU in software is not used unless chosen"() {
    const page = await open({}, carded);
    await visit(page, `?page=score&sizes=${native.tiny.sizes}&device=webgpu`);
    await page.click("text=GRU");
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 300_000 });
    assert.match(await page.textContent("#computed"), /wgpu/);
    await equal(page, native.tiny.records, 1e-3);
    await visit(page, `?page=score&sizes=${native.tiny.sizes}`);
    await page.click("text=GRU");
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
    assert.match(await page.textContent("#computed"), /cpu/);
  },

  async "where there is no GPU, choosing one gets a sentence"() {
    const page = await open();
    await visit(page, "?page=score&device=webgpu");
    await page.click("#score");
    assert.match(await page.textContent("[role=alert]"), /GPU|wgpu/);
  },

  async "a published number is recomputed from the text it was computed with"() {
    if (!native.text) return console.log("skipped: there is no Penn Treebank");
    const page = await open();
    await visit(page, "?page=score&id=3");
    await page.click("text=Published sizes");
    await page.setInputFiles("input[type=file]", native.text);
    await page.waitForFunction(() => document.querySelector("#files-report").textContent.includes("read by the network"));
    await page.getByLabel("Metric").selectOption("hidden_covariance_layer_1");
    await page.click("#score");
    await page.waitForSelector("#records td:nth-of-type(4)", { timeout: 300_000 });
    const difference = Number(await page.textContent("#records td:nth-of-type(4)"));
    console.log(`figure: cell 3, hidden covariance of layer 1 with Penn Treebank in the browser: relative difference from the published number ${difference}`);
    assert.ok(difference < 1e-5, `difference ${difference}`);
  },

  async "scores stay while another page is shown, with a note if the form has changed"() {
    const page = await open();
    await visit(page, "?page=score");
    await scoreGru(page);
    assert.equal(await page.locator("#changed").count(), 0);
    await page.click("#records a >> nth=0");
    await page.waitForSelector(".cards");
    await page.click("nav >> text=Score mine");
    await page.waitForSelector("#records");
    assert.match(await page.textContent("#computed"), /^Scores of 2, computed in/);
    await page.click("text=RNN");
    await page.waitForSelector("#changed");
  },

  async "scoring continues while another page is shown"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=Published sizes");
    await page.click("#score");
    await page.waitForSelector("progress");
    await page.click("nav >> text=Formulas");
    await page.waitForSelector(".cards");
    await page.click("nav >> text=Score mine");
    await page.waitForSelector("progress, #records");
    await page.waitForSelector("#records", { timeout: 300_000 });
  },

  async "scoring can be stopped within a second, and started again"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=Published sizes");
    await page.click("#score");
    await page.waitForTimeout(1_000);
    const start = Date.now();
    await page.click("#stop");
    await page.waitForSelector("[role=alert]");
    assert.ok(Date.now() - start < 1_000);
    await page.click("text=Small sizes");
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
  },

  async "a tab that was hidden reports the state of its scoring, and a frozen worker is replaced"() {
    const page = await open();
    // A worker that starts, and then sends nothing: as one that the browser froze.
    await page.addInitScript(() => {
      const post = Worker.prototype.postMessage;
      let scored = 0;
      Worker.prototype.postMessage = function (text) {
        if (!text.includes('"Score"') || (scored += 1) > 1) post.call(this, text);
      };
    });
    await visit(page, "?page=score");
    await page.click("#score");
    await page.waitForFunction(() => /You may leave this tab/.test(document.querySelector("#background").textContent));
    await hide(page, true);
    assert.match(await page.title(), /^0 % scored/);
    await hide(page, false);
    await page.waitForFunction(() => /continued in its worker/.test(document.querySelector("#background").textContent));
    await page.waitForSelector("#again", { timeout: 20_000 });
    assert.match(await page.textContent("#background"), /frozen/);
    await page.click("#again");
    await page.waitForSelector("#records", { timeout: 60_000 });
    assert.equal(await page.locator("#background").count(), 0);
    assert.match(await page.title(), /cell score/);
  },
};

/** Has the page score the GRU, and waits for the records. */
async function scoreGru(page) {
  await page.click("text=GRU");
  await page.click("#score");
  await page.waitForSelector("#records", { timeout: 120_000 });
}

/** As the browser tells a page that its tab goes into the background or comes back. */
function hide(page, hidden) {
  return page.evaluate((hidden) => {
    Object.defineProperty(document, "visibilityState", { get: () => (hidden ? "hidden" : "visible"), configurable: true });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  }, hidden);
}
