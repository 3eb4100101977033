// The companion's policy in a real browser: workers can neither evaluate text nor request anything of another origin, and a link of another
// site opens the explorer, in a window of its own only. Called by the test `serving` with the companion's address and the
// browser.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { chromium } from "playwright-core";

const [address, executablePath] = process.argv.slice(2);

let requested = 0;
const page = `<!doctype html><a href="${address}">there</a><iframe src="${address}"></iframe>`;
const server = createServer((request, response) => {
  if (request.url === "/requested") requested += 1;
  response.writeHead(200, { "content-type": "text/html", "access-control-allow-origin": "*" }).end(page);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
// The companion is at 127.0.0.1, so this is another site.
const other = `http://localhost:${server.address().port}/`;

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-background-networking", "--no-first-run"] });
const context = await browser.newContext();
const shown = (frame) => frame.waitForSelector("h1", { timeout: 60_000 });

async function worker() {
  const tab = await context.newPage();
  await tab.goto(address);
  await shown(tab);
  const started = tab.waitForEvent("worker");
  await tab.evaluate(() => (window.kept = new Worker("worker.js", { type: "module" })) && 0);
  const worker = await started;
  // Later, because the policy does not hold while the browser evaluates this.
  const evaluated = await worker.evaluate(() => new Promise((done) => setTimeout(() => {
    try { done(String(eval("1 + 1"))); } catch (error) { done(error.name); }
  }, 10)));
  assert.equal(evaluated, "EvalError");
  const fetched = await worker.evaluate((url) => fetch(url).then(() => "fetched", (error) => error.name), `${other}requested`);
  assert.equal(fetched, "TypeError");
  assert.equal(requested, 0);
  assert.equal(await worker.evaluate(() => fetch("icon.svg").then((answer) => answer.status)), 200);
  await tab.close();
}

async function link() {
  const tab = await context.newPage();
  await tab.goto(other);
  const [frame] = tab.frames().slice(1);
  assert.equal(await frame.evaluate(() => document.querySelectorAll("nav").length).catch(() => 0), 0);
  await tab.click("a");
  await tab.waitForURL(`${address}**`);
  await shown(tab);
  await tab.close();
}

await worker();
// The first time through the network, then through the service worker.
await link();
const tab = await context.newPage();
await tab.goto(address);
await tab.evaluate(() => navigator.serviceWorker.ready.then(() => 0));
await link();
await browser.close();
server.close();
