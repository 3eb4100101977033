// Every combination of metrics, and every page that scores, on the CPU and on a GPU.
import assert from "node:assert/strict";
import { carded, equal, native, open, problems, visit } from "../session.mjs";

const DEVICES = { cpu: ["worker.js", "Cpu"], webgpu: ["gpu.js", "Webgpu"] };
const TAKES = { timeout: 300_000 };
// With fresh weights the gradients of an encoder are zero but for rounding (see the known problems of the benchmark).
const ROUNDING = /diversity|saliency|importance|jacobian/;

const paths = {};
// They take minutes on a GPU in software, and run where UNTRAINED_SLOW_PATHS is set.
export const slow = {};
for (const [device, [script, preference]] of Object.entries(DEVICES)) {
  slow[`each metric alone, pairs and all of them give the native values: ${device}`] = async () => {
    const page = await open({}, carded);
    await visit(page, "?page=metrics");
    for (const { task, records, kinds } of [native.devices.cell, native.devices.encoder]) {
      const alone = records.map(({ metric }) => [metric]);
      const pairs = kinds.flatMap((one, at) => kinds.slice(at + 1).map((other) => [one, other]));
      const requests = [...alone, ...pairs, records.map(({ metric }) => metric)];
      const answers = await page.evaluate(answersOf, [script, requests.map((metrics) => ({ Score: [{ ...task, metrics }, preference] }))]);
      assert.equal(answers.length, requests.length);
      answers.forEach((answer, at) => compare(requests[at], answer, records, task.space));
    }
  };

  for (const name of ["score", "encoder"]) {
    (device === "cpu" || name === "score" ? paths : slow)[`one metric on page ${name}: ${device}`] = async () => {
      const page = await open({}, carded);
      const { sizes, records } = native.devices[name === "score" ? "cell" : "encoder"];
      const metric = name === "score" ? "hidden_covariance_layer_1" : "head_confidence";
      await visit(page, `?page=${name}&sizes=${sizes}&metric=${metric}&device=${device}${name === "encoder" ? "&id=7" : ""}`);
      if (name === "score") await page.click("text=GRU");
      await page.click("#score");
      await page.waitForSelector("#records", TAKES);
      assert.match(await page.textContent("#computed"), device === "cpu" ? /cpu/ : /wgpu/);
      await equal(page, records.filter((record) => record.metric === metric), 1e-3);
    };
  }

  paths[`page many draws and scores: ${device}`] = async () => {
    const page = await open({}, carded);
    await visit(page, `?page=many&device=${device}`);
    await page.getByLabel("Cells").fill("2");
    await page.click("text=Draw and score");
    await page.waitForFunction(() => /^2 of 2 cells/.test(document.querySelector("p[role=status]")?.textContent ?? ""), null, TAKES);
    assert.equal(await page.locator(".problem:visible").count(), 0);
    assert.match(await page.textContent("#many tbody tr td:nth-of-type(5)"), /^[-−]?[\d,.]+/);
  };

  paths[`page stable scores several seeds: ${device}`] = async () => {
    const page = await open({}, carded);
    await visit(page, `?page=stable&device=${device}`);
    await page.getByLabel("Seeds").fill("2");
    await page.click("button:text-is('Score')");
    await page.waitForFunction(() => document.querySelectorAll("#seeds li").length === 2, null, TAKES);
    assert.equal(await page.locator(".problem:visible").count(), 0);
  };
}

/** A GPU worker that stops in the middle of a request, each in another way. */
const BROKEN = {
  "a panic": 'GPUDevice.prototype.createBindGroup = () => null;\n',
  "an exception": 'GPUDevice.prototype.createComputePipeline = () => { throw new Error("the driver broke"); };\n',
};
for (const [how, code] of Object.entries(BROKEN)) {
  paths[`where the GPU stops by ${how}, the CPU takes over and the page says why`] = async () => {
    const page = await open({}, carded);
    await page.addInitScript(hardware);
    await page.route("**/gpu.js", async (route) => {
      const body = await (await route.fetch()).text();
      await route.fulfill({ body: code + body, contentType: "text/javascript" });
    });
    await visit(page, `?page=score&sizes=${native.devices.cell.sizes}&metric=hidden_covariance_layer_1`);
    await page.click("text=GRU");
    await page.click("#score");
    await page.waitForSelector("#records", TAKES);
    assert.match(await page.textContent("#computed"), /cpu/);
    const said = await page.textContent("#gpu-failure");
    assert.match(said, /^The GPU failed, so the CPU scores until this page is loaded again\. .+/);
    assert.doesNotMatch(said, /memory/);
    console.log(`note ${how}: ${said}`);
    await equal(page, native.devices.cell.records.filter(({ metric }) => metric === "hidden_covariance_layer_1"), 1e-3);
    // Where the GPU was chosen by name there is no other device, and the page says what happened.
    await visit(page, `?page=score&sizes=${native.devices.cell.sizes}&metric=hidden_covariance_layer_1&device=webgpu`);
    await page.click("text=GRU");
    await page.click("#score");
    await page.waitForSelector(".problem[role=alert]", TAKES);
    assert.doesNotMatch(await page.textContent(".problem[role=alert]"), /memory/);
    // The browser reports what stopped the worker, too.
    problems.length = 0;
  };
}

export default paths;

/** In the page: the records a worker answers requests with, one after the other, or the failure. */
function answersOf([script, asks]) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(script, { type: "module" });
    const answers = [];
    const next = () => (answers.length < asks.length ? worker.postMessage(JSON.stringify({ number: answers.length + 1, ask: asks[answers.length] })) : (worker.terminate(), resolve(answers)));
    worker.onerror = (event) => reject(new Error(`the worker stopped: ${event.message}`));
    worker.onmessage = ({ data }) => {
      const { number, told } = JSON.parse(data);
      if (told.Ok?.Ready) return next();
      if (told.Ok?.Progress !== undefined) return;
      if (number === 0) return reject(new Error(JSON.stringify(told)));
      answers.push(told.Ok?.Records ?? told);
      next();
    };
  });
}

/** The answer holds the requested metrics with the native values. */
function compare(metrics, answer, records, space) {
  assert.ok(Array.isArray(answer), `${metrics}: ${JSON.stringify(answer)}`);
  assert.deepEqual(answer.map(({ metric }) => metric).sort(), [...metrics].sort());
  for (const { metric, value } of answer) {
    if (space === "transformer" && ROUNDING.test(metric)) continue;
    const [here, there] = [value, records.find((record) => record.metric === metric).value].map(number);
    assert.ok(here === there || Math.abs(here - there) <= 1e-3 * Math.abs(there), `${metrics}: ${metric} is ${here}, natively ${there}`);
  }
}

function number(value) {
  return typeof value === "string" ? Number(value.replace("inf", "Infinity")) : value;
}

/** In the page: the adapter says that it is hardware, so that it is used without being chosen by name. */
function hardware() {
  const request = GPU.prototype.requestAdapter;
  GPU.prototype.requestAdapter = async function (...options) {
    const adapter = await request.apply(this, options);
    Object.defineProperty(adapter, "info", { value: { architecture: "turing", device: "", description: "", isFallbackAdapter: false } });
    return adapter;
  };
}
