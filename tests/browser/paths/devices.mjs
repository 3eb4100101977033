// Every combination of metrics, and every page that scores, on the CPU and on a GPU.
import assert from "node:assert/strict";
import { carded, equal, keepOpen, native, open, problems, visit } from "../session.mjs";

const DEVICES = { cpu: ["worker.js", "Cpu"], webgpu: ["gpu.js", "Webgpu"] };
const TAKES = { timeout: 300_000 };
// With fresh weights the gradients of an encoder are zero but for rounding (see the known problems of the benchmark).
const ROUNDING = /diversity|saliency|importance|jacobian/;

// Requests of one path: on a GPU in software each takes a second or more.
const REQUESTS = 8;

// Milliseconds within which a worker must answer a request. The first one on a GPU compiles.
const LIMIT = 120_000;

// The page with the worker of each device: one worker answers the requests of all paths.
const pages = {};

const paths = {};
for (const [device, [script, preference]] of Object.entries(DEVICES)) {
  for (const [network, { task, records, kinds }] of Object.entries({ "a cell": native.devices.cell, "an encoder": native.devices.encoder })) {
    const metrics = records.map(({ metric }) => metric);
    const pairs = kinds.flatMap((one, index) => kinds.slice(index + 1).map((other) => [one, other]));
    const requests = [...metrics.map((metric) => [metric]), ...pairs, metrics];
    for (let first = 0; first < requests.length; first += REQUESTS) {
      const some = requests.slice(first, first + REQUESTS);
      const which = `${first + 1} to ${first + some.length} of ${requests.length}`;
      paths[`metrics of ${network} alone, in pairs and all of them, ${which}: ${device}`] = async () => {
        for (const metrics of some) {
          const answer = await ask(device, script, { Score: [{ ...task, metrics }, preference] });
          compare(metrics, answer, records, task.space);
        }
      };
    }
  }

  for (const name of ["score", "transformer"]) {
    paths[`one metric on page ${name}: ${device}`] = async () => {
      const page = await open({}, carded);
      const { sizes, records, task } = native.devices[name === "score" ? "cell" : "encoder"];
      const metric = name === "score" ? "hidden_covariance_layer_1" : "head_confidence";
      const configuration = name === "transformer" ? `&configuration=${encodeURIComponent(JSON.stringify(task.configuration))}` : "";
      await visit(page, `?page=${name}&sizes=${sizes}&metric=${metric}&device=${device}${configuration}`);
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
    await page.getByLabel("Count").fill("2");
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
    await page.route("**/gpu.js*", async (route) => {
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

/** The records with which the worker of a device answers a request, or the failure. */
async function ask(device, script, query) {
  pages[device] ??= await withWorker(script);
  try {
    return await pages[device].evaluate(([query, limit]) => window.ask(query, limit), [query, LIMIT]);
  } catch (error) {
    // Whatever stopped it, the next path gets a new worker.
    const page = pages[device];
    delete pages[device];
    await page.context().close();
    throw error;
  }
}

/** A page with a worker that is ready. */
async function withWorker(script) {
  const page = await open({}, carded);
  keepOpen(page);
  await visit(page, "?page=metrics");
  await page.evaluate(startWorker, [script, LIMIT]);
  return page;
}

/** In the page: starts a worker; `window.ask` sends it one request after the other. Every wait ends, by an answer or by an error. */
function startWorker([script, limit]) {
  const worker = new Worker(script, { type: "module" });
  let number = 0;
  const answered = (send, limit) => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`the worker gave no answer within ${limit} ms`)), limit);
    const settle = (finish) => (value) => {
      clearTimeout(late);
      finish(value);
    };
    const [done, failed] = [settle(resolve), settle(reject)];
    worker.onerror = (event) => failed(new Error(`the worker stopped: ${event.message}`));
    worker.onmessageerror = () => failed(new Error("the worker sent what cannot be read"));
    worker.onmessage = ({ data }) => {
      try {
        const reply = JSON.parse(data);
        if (reply.answer.Ok?.Progress !== undefined) return;
        if (reply.number !== number) throw new Error(`an answer to request ${reply.number}, not ${number}: ${data}`);
        done(reply.answer);
      } catch (error) {
        failed(error);
      }
    };
    send();
  });
  window.ask = async (query, limit) => {
    number += 1;
    const answer = await answered(() => worker.postMessage(JSON.stringify({ number, query })), limit);
    return answer.Ok?.Records ?? answer;
  };
  return answered(() => {}, limit).then((answer) => {
    if (!answer.Ok?.Ready) throw new Error(`the worker did not start: ${JSON.stringify(answer)}`);
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
