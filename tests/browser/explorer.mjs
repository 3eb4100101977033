// The explorer in a real browser. Called by the test `browser` with the built folder and, on standard input, what the
// native program answers: {"best": [...records of the default cell...], "tiny": {sizes, records}, "metrics": number, "slow": seconds, "companion": address, "encoder": [...records of encoder 7...], "text": [...Penn Treebank files, where there are any...]}.
import { readFile, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { join } from "node:path";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

const [folder, executablePath] = process.argv.slice(2);
const native = JSON.parse(await readFile("/dev/stdin", "utf8"));
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = ["worth", "scatter", "cell", "score", "encoder", "many", "stable", "metrics"];

const { server, address } = await serve(folder, "/some/where/");
const args = ["--no-sandbox", "--disable-background-networking", "--disable-quic", "--no-first-run", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args });
// A graphics card in software: slow, but it computes what a card computes.
const carded = await chromium.launch({ executablePath, args: [...args, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] });
const problems = [];

async function open(options = {}, place = browser) {
  // The service worker is tested by itself: elsewhere it would hide what the network is asked.
  const context = await place.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: false, serviceWorkers: "block", ...options });
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
  page.on("request", (request) => {
    if (![address, native.companion].some((own) => request.url().startsWith(own)) && !/^(blob|data):/.test(request.url())) problems.push(`foreign request: ${request.url()}`);
  });
  return page;
}

const settled = (page) => page.waitForFunction(() => !document.querySelector(".waiting") && document.querySelector("h1"), null, { timeout: 60_000 });

async function visit(page, query) {
  await page.goto(address + query);
  await settled(page);
}

/** Compares the records on the page with the native ones. */
async function equal(page, records, tolerance) {
  for (const { metric, value } of records) {
    const here = Number(await page.getAttribute(`[data-metric="${metric}"]`, "data-value"));
    const expected = typeof value === "string" ? Number(value.replace("inf", "Infinity")) : value;
    const apart = here === expected || Object.is(here, expected) ? 0 : Math.abs((here - expected) / expected);
    assert.ok(apart <= tolerance, `${metric}: ${here} here, ${expected} natively`);
  }
}

const CHECKS = {
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

  async "the ranking shows the published number, sorts, and back restores"() {
    const page = await open();
    await visit(page, "");
    assert.equal(await page.textContent('[data-of="hidden_covariance_layer_1-tau"]'), "−0.3715");
    await page.click("text=Pearson r");
    await page.waitForURL(/sort=r/);
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]').textContent === "Pearson r");
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]').textContent === "Kendall τ-b");
    await page.goForward();
    await page.waitForFunction(() => document.querySelector('[aria-sort="descending"]').textContent === "Pearson r");
  },

  async "points are drawn, hovered and selected, and the address keeps the selection"() {
    const page = await open();
    await visit(page, "?page=scatter");
    const lead = await page.getAttribute("canvas", "aria-label");
    assert.match(lead, /8,794 trained recurrent networks: Kendall τ-b −0\.37/);
    const inked = await page.evaluate(() => {
      const canvas = document.querySelector("canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const colours = new Set();
      for (let at = 0; at < data.length; at += 4) colours.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
      return colours.size;
    });
    assert.ok(inked > 20, `${inked} colours on the canvas`);
    const box = await page.locator("canvas").boundingBox();
    for (let step = 0; step < 60 && !(await page.locator(".near a").count()); step += 1) {
      await page.mouse.move(box.x + box.width * (0.3 + 0.01 * step), box.y + box.height * 0.55);
    }
    assert.match(await page.textContent(".near a"), /^Cell \d+/);
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.3);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.8, { steps: 4 });
    await page.mouse.up();
    const selected = await page.textContent("#selected");
    assert.match(selected, /^[\d,]+ selected$/);
    assert.match(page.url(), /area=/);
    // Of a long table only the rows in sight are made.
    const made = await page.locator("tr.row").count();
    assert.ok(made > 10 && made < 60, `${made} rows made`);
    await page.reload();
    await page.waitForSelector("#selected");
    assert.equal(await page.textContent("#selected"), selected);
    await page.goBack();
    await page.waitForSelector("#selected", { state: "detached" });
  },

  async "a cell shows its graph and its published scores"() {
    const page = await open();
    await visit(page, "?page=cell&id=3");
    assert.match(await page.textContent("h2"), /Cell 3/);
    assert.match(await page.textContent("table.scores"), /Hidden covariance, layer 1−4,?900/);
    assert.ok((await page.locator(".graph rect").count()) >= 3);
    await page.click(".nearest a >> nth=0");
    await page.waitForFunction(() => document.querySelectorAll("section.one").length === 2);
  },

  async "a cell scored here equals the native record"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=GRU");
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 120_000 });
    await equal(page, native.best, 1e-3);
  },

  async "a cell scored through WebGPU equals the native record, and a card in software is not taken unasked"() {
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

  async "where there is no graphics card, asking for one gets a sentence"() {
    const page = await open();
    await visit(page, "?page=score&device=webgpu");
    await page.click("#score");
    assert.match(await page.textContent("[role=alert]"), /graphics card|wgpu/);
  },

  async "an encoder scored in the tab equals the native record, and how to start a companion is told"() {
    const page = await open();
    await visit(page, "?page=encoder&id=7");
    assert.match(await page.textContent("main"), /There is no companion here[^]*untrained explore/);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 120_000 });
    assert.match(await page.textContent("#computed"), /cpu/);
    await equal(page, native.encoder, 1e-3);
  },

  async "an encoder scored through the companion equals the native record, and can be stopped"() {
    const page = await open();
    await page.goto(`${native.companion}?page=encoder&id=7`);
    await page.waitForSelector("#companion");
    assert.match(await page.textContent("#companion"), /The companion answers/);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
    await equal(page, native.encoder, 1e-6);
    await page.click("text=Published, 128 × 512");
    await page.click("#score");
    await page.waitForSelector("progress");
    const start = Date.now();
    await page.click("#stop");
    await page.waitForSelector("[role=alert]");
    assert.equal(await page.textContent("[role=alert]"), "Stopped.");
    assert.ok(Date.now() - start < 1_000);
    await page.click("text=Small sizes");
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
  },

  async "a configuration that cannot be used gets a sentence"() {
    const page = await open();
    await visit(page, "?page=encoder");
    const typed = await page.inputValue("#configuration");
    await page.fill("#configuration", typed.replace('"num_operation_heads":', '"num_operation_heads":7'));
    assert.match(await page.textContent("#configuration-problem"), /layer 1: 7\d heads do not divide/);
    assert.ok(await page.isDisabled("#score"));
  },

  async "the address keeps what is typed"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.fill("#recipe", '{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}');
    await page.fill("input[type=number] >> nth=2", "32");
    await page.waitForURL(/recipe=.*h_new_0/);
    await page.waitForURL(/sizes=1000-32-/);
    await page.reload();
    await settled(page);
    assert.match(await page.inputValue("#recipe"), /"h_new_0"/);
    assert.equal(await page.inputValue("input[type=number] >> nth=2"), "32");
    assert.match(await page.textContent("pre"), /--recipe cell.json --vocabulary-size 1000 --embedding 32/);
  },

  async "tables and pictures can be taken along"() {
    const page = await open();
    await visit(page, "?page=worth");
    const saved = async (button) => {
      const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
      return readFile(await download.path());
    };
    assert.match((await saved("text=Save as CSV")).toString(), /^group,predictor,rows,tau_b/);
    const rows = JSON.parse(await saved('text="Save as JSON"'));
    assert.equal(rows.find(({ predictor }) => predictor === "hidden_covariance_layer_1").tau_b.toFixed(4), "-0.3715");
    assert.match((await saved("text=Save as SVG")).toString(), /^<svg/);
    assert.equal((await saved("text=Save as PNG")).subarray(1, 4).toString(), "PNG");
  },

  async "recomputed scores stand beside the published ones"() {
    const page = await open();
    await visit(page, "");
    await page.waitForSelector("#recomputed tbody tr");
    const taus = await page.locator("#recomputed td:nth-of-type(1)").allTextContents();
    assert.equal(taus.length, 3);
    assert.equal(taus[0], "−0.3715");
  },

  async "the plane is zoomed, moved and coloured"() {
    const page = await open();
    await visit(page, "?page=scatter&colour=depth");
    const box = await page.locator("canvas").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.wheel(0, -200);
    await page.waitForURL(/window=/);
    const before = page.url();
    await page.keyboard.down("Shift");
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2 + 80, box.y + box.height / 2 + 30, { steps: 5 });
    await page.mouse.up();
    await page.keyboard.up("Shift");
    await page.waitForFunction((before) => location.href !== before, before);
    const lead = await page.getAttribute("canvas", "aria-label");
    assert.doesNotMatch(lead, /8,794/);
    await page.reload();
    await page.waitForSelector("canvas");
    assert.equal(await page.getAttribute("canvas", "aria-label"), lead);
    await page.click("#whole");
    await page.waitForFunction(() => document.querySelector("canvas").getAttribute("aria-label").startsWith("8,794"));
  },

  async "a published number is recomputed from the text it was computed with"() {
    if (!native.text) return console.log("skipped: there is no Penn Treebank");
    const page = await open();
    await visit(page, "?page=score&id=3");
    await page.click("text=Published sizes");
    await page.setInputFiles("input[type=file]", native.text);
    await page.waitForFunction(() => document.querySelector("#files-told").textContent.includes("read by the network"));
    await page.selectOption("select >> nth=0", "hidden_covariance_layer_1");
    await page.click("#score");
    await page.waitForSelector("#records td:nth-of-type(4)", { timeout: 300_000 });
    const deviation = Number(await page.textContent("#records td:nth-of-type(4)"));
    console.log(`figure: cell 3, hidden covariance of layer 1 with Penn Treebank in the browser: deviation from the published number ${deviation}`);
    assert.ok(deviation < 1e-5, `deviation ${deviation}`);
  },

  async "scoring can be stopped within a second, and goes on afterwards"() {
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

  async "a recipe that cannot be used gets a sentence"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.fill("#recipe", '{"h_new_0": {"op": "linear", "input": ["x", "nowhere"]}}');
    assert.match(await page.textContent("#recipe-problem"), /nowhere/);
    assert.ok(await page.isDisabled("#score"));
  },

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

/** In the page: moves the plane by a pixel a frame, and times what each move takes until it is drawn. */
async function moving() {
  const canvas = document.querySelector("canvas");
  const { left, top } = canvas.getBoundingClientRect();
  const send = (type, x) => canvas.dispatchEvent(new PointerEvent(type, { clientX: left + x, clientY: top + 200, shiftKey: true, bubbles: true, pointerId: 1 }));
  const times = [];
  send("pointerdown", 300);
  for (let x = 301; x <= 360; x += 1) {
    const start = performance.now();
    send("pointermove", x);
    // Effects run in the microtasks that follow.
    await new Promise((done) => setTimeout(done));
    times.push(performance.now() - start);
    await new Promise(requestAnimationFrame);
  }
  send("pointerup", 360);
  times.sort((a, b) => a - b);
  return { median: times[30], slowest: times.at(-1) };
}

/** Figures for the report: measured, never a reason to fail. */
async function figures() {
  for (const name of (await readdir(folder)).filter((name) => name.endsWith(".wasm"))) {
    const size = gzipSync(await readFile(join(folder, name)), { level: 9 }).length;
    console.log(`figure: ${name} ${(size / 1e6).toFixed(2)} MB gzipped`);
  }
  const page = await open();
  const start = Date.now();
  await page.goto(address);
  await page.waitForSelector("h1");
  console.log(`figure: first page usable after ${Date.now() - start} ms`);
  await visit(page, "?page=scatter");
  const frames = await page.evaluate(moving);
  console.log(`figure: 8,794 points moved: ${frames.median.toFixed(1)} ms a frame in the middle, ${frames.slowest.toFixed(1)} ms at most`);
  await visit(page, "?page=score");
  await page.evaluate(() => {
    window.longest = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((task) => (window.longest = Math.max(window.longest, task.duration)))).observe({ entryTypes: ["longtask"] });
  });
  await page.click("text=GRU");
  await page.click("text=Published sizes");
  await page.selectOption("select >> nth=0", "hidden_covariance_layer_1");
  await page.click("#score");
  await page.waitForSelector("#records", { timeout: 300_000 });
  const seconds = Number(await page.getAttribute("#records", "data-seconds"));
  console.log(`figure: GRU at published sizes, hidden covariance of layer 1: ${seconds.toFixed(2)} s in the browser, ${native.slow.toFixed(2)} s natively on one thread, ratio ${(seconds / native.slow).toFixed(2)}`);
  console.log(`figure: longest task of the page while scoring ${(await page.evaluate(() => window.longest)).toFixed(0)} ms`);
}

let failed = 0;
for (const [name, check] of Object.entries(CHECKS)) {
  problems.length = 0;
  try {
    await check();
    assert.deepEqual(problems, []);
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}
await figures();
await Promise.all([browser.close(), carded.close()]);
server.close();
process.exit(failed ? 1 : 0);
