// A browser, the explorer served to it, and what the paths share.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";
import { serve } from "./serve.mjs";

export const [folder, executablePath] = process.argv.slice(2);
export const native = JSON.parse(await readFile("/dev/stdin", "utf8"));
export const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PAGES = ["worth", "scatter", "network", "score", "transformer", "many", "train", "stable", "metrics"];

export const { server, address } = await serve(folder, "/some/where/");
const args = ["--no-sandbox", "--disable-background-networking", "--disable-quic", "--no-first-run", "--disable-component-update", "--disable-sync"];
export const launch = { executablePath, args };
export const browser = await chromium.launch(launch);
// A GPU in software: slow, but it computes what a GPU computes.
export const carded = await chromium.launch({ executablePath, args: [...args, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"] });
export const problems = [];

/** Contexts of the path that runs. */
const opened = [];

export async function open(options = {}, place = browser) {
  // The service worker is tested by itself: elsewhere it would hide requests to the network.
  const context = await place.newContext({ viewport: { width: 1440, height: 900 }, bypassCSP: false, serviceWorkers: "block", ...options });
  opened.push(context);
  const page = await context.newPage();
  page.on("console", (message) => message.type() === "error" && problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`page: ${error.message}`));
  page.on("request", (request) => {
    if (![address, native.companion].some((own) => request.url().startsWith(own)) && !/^(blob|data):/.test(request.url())) problems.push(`foreign request: ${request.url()}`);
  });
  return page;
}

/** Leaves a page open when its path ends. */
export function keepOpen(page) {
  opened.splice(opened.indexOf(page.context()), 1);
}

/** Closes the pages of a path with their workers, so that none computes beside the next path. */
export async function closeOpened() {
  await Promise.all(opened.splice(0).map((context) => context.close()));
}

export const settled = (page) => page.waitForFunction(() => !document.querySelector(".waiting") && document.querySelector("h1"), null, { timeout: 60_000 });

export async function visit(page, query) {
  await page.goto(address + query);
  await settled(page);
}

/** The number field with this label. */
export const field = (page, label) => page.locator(`.field:has(label span:text-is("${label}")) input`);

/** The choice with this label. */
export const choice = (page, label) => page.locator(`label:has(span:text-is("${label}")) select`);

/** Compares the records on the page with the native ones. */
export async function equal(page, records, tolerance) {
  // As Rust writes them, infinities are "inf" and "-inf".
  const number = (value) => Number(String(value).replace("inf", "Infinity"));
  for (const { metric, value } of records) {
    // Counts are shown at once, the others when the passes are made, which a busy machine takes its time for.
    const row = `[data-metric="${metric}"]`;
    const here = number(await page.getAttribute(row, "data-value", { timeout: 120_000 }));
    const expected = number(value);
    const apart = here === expected || Object.is(here, expected) ? 0 : Math.abs((here - expected) / expected);
    assert.ok(apart <= tolerance, `${metric}: ${here} here, ${expected} natively`);
  }
}

/** Ends the browsers and the server. */
export async function end() {
  await Promise.all([browser.close(), carded.close()]);
  server.close();
}
