// Figures for the report: measured, never a reason to fail.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { address, folder, native, open, visit } from "./session.mjs";

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

/** Measures and prints. */
export async function figures() {
  const files = await readdir(folder);
  const gzipped = async (name) => gzipSync(await readFile(join(folder, name)), { level: 9 }).length;
  for (const [what, names] of Object.entries({
    page: ["index.html", "boot.js", "style.css", ...files.filter((name) => name.startsWith("untrained-app"))],
    ...Object.fromEntries(files.filter((name) => /^untrained-(?!app).*wasm$/.test(name)).map((name) => [name, [name]])),
  })) {
    const sizes = await Promise.all(names.map(gzipped));
    console.log(`figure: ${what} ${(sizes.reduce((sum, size) => sum + size) / 1e6).toFixed(2)} MB gzipped`);
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
  await page.getByLabel("Metric").selectOption("hidden_covariance_layer_1");
  await page.click("#score");
  await page.waitForSelector("#records", { timeout: 300_000 });
  const seconds = Number(await page.getAttribute("#records", "data-seconds"));
  console.log(`figure: GRU at published sizes, hidden covariance of layer 1: ${seconds.toFixed(2)} s in the browser, ${native.slow.toFixed(2)} s natively on one thread, ratio ${(seconds / native.slow).toFixed(2)}`);
  console.log(`figure: longest task of the page while scoring ${(await page.evaluate(() => window.longest)).toFixed(0)} ms`);
}
