// Visits without a network, without storage, and after a new edition of the explorer. A server of its own for each.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "../serve.mjs";
import { browser, folder, launch, settled } from "../session.mjs";

const digest = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/**
 * Another edition: with another style sheet, and a page that asks for its files by another query, as the build makes one. By
 * the same query where there is none given, as if by another build.
 */
async function second(query) {
  const style = await readFile(join(folder, "style.css"));
  const marked = Buffer.concat([style, Buffer.from("\n:root { --edition: second; }\n")]);
  const page = (text) => text.replace(digest(style), digest(marked)).replace(/(boot\.js|style\.css)(\?\w+)/g, (_, name, old) => name + (query ?? old));
  return (name, bytes) => {
    if (name === "style.css") return marked;
    return name === "index.html" ? page(bytes.toString()) : bytes;
  };
}

/** A page of a new visitor to a new server; both end with the test. */
async function visitor(headers, work, options = {}) {
  const served = await serve(folder, "/some/where/", { headers });
  const context = await browser.newContext(options);
  try {
    await work(await context.newPage(), served, context);
  } finally {
    await context.close();
    served.server.closeAllConnections();
    served.server.close();
  }
}

/** Goes there, and says which edition is seen; fails where there is none, or not exactly one style sheet. */
async function seen(page, address) {
  await (address ? page.goto(address) : page.reload());
  await settled(page);
  const [sheets, edition] = await page.evaluate(() => [
    document.styleSheets.length, getComputedStyle(document.documentElement).getPropertyValue("--edition").trim(),
  ]);
  assert.equal(sheets, 1, "style sheets");
  return edition || "first";
}

/** The first visit, until an edition is kept or cannot be. */
async function first(page, address) {
  assert.equal(await seen(page, address), "first");
  await page.evaluate(() => navigator.serviceWorker.ready);
}

/** No answer from now on, as for one who has no network. */
function unplug({ server, state }) {
  state.down = true;
  server.closeAllConnections();
}

/** Number of complete editions in the caches. */
const kept = (page) => page.evaluate(async () => (await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).match("index.html")))).filter(Boolean).length);

/** Waits until so many editions are complete. */
async function untilKept(page, count) {
  for (let tries = 0; (await kept(page)) !== count; tries += 1) {
    assert.ok(tries < 300, `${await kept(page)} complete editions, not ${count}`);
    await page.waitForTimeout(100);
  }
}

export default {
  async "one visit is enough to open the explorer without a network"() {
    await visitor({}, async (page, served) => {
      await first(page, served.address);
      unplug(served);
      assert.equal(await seen(page, `${served.address}?page=worth`), "first");
      assert.equal(await page.textContent('[data-of="hidden_covariance_layer_1-tau"]'), "−0.3715");
      await page.goto(`${served.address}?page=score`);
      await settled(page);
      await page.click("#score");
      await page.waitForSelector("#records", { timeout: 120_000 });
    });
  },

  async "files are kept whatever the server says of copies"() {
    await visitor({ vary: "*", "cache-control": "no-store" }, async (page, served) => {
      await first(page, served.address);
      assert.equal(await seen(page, `${served.address}?page=scatter`), "first");
      unplug(served);
      assert.equal(await seen(page, `${served.address}?page=metrics`), "first");
    });
  },

  async "where the browser has no room the network serves every visit"() {
    await visitor({}, async (page, { address }, context) => {
      const session = await context.newCDPSession(page);
      await session.send("Storage.overrideQuotaForOrigin", { origin: new URL(address).origin, quotaSize: 20_000 });
      await first(page, address);
      for (const query of ["?page=scatter", "?page=metrics"]) assert.equal(await seen(page, address + query), "first");
      assert.equal(await kept(page), 0);
    });
  },

  async "a new edition is shown at the next visit, and then without a network, too"() {
    for (const query of ["?second", undefined]) {
      await visitor({}, async (page, served) => {
        await first(page, served.address);
        assert.equal(await seen(page, `${served.address}?page=scatter`), "first");
        served.state.edit = await second(query);
        assert.equal(await seen(page, `${served.address}?page=metrics`), "second");
        await untilKept(page, 2);
        unplug(served);
        assert.equal(await seen(page, `${served.address}?page=metrics`), "second");
        assert.equal(await seen(page, `${served.address}?page=worth`), "second");
      });
    }
  },

  async "a page that is open keeps its edition while another one shows the next"() {
    await visitor({}, async (page, served, context) => {
      await first(page, served.address);
      await seen(page, served.address);
      served.state.edit = await second("?second");
      const other = await context.newPage();
      assert.equal(await seen(other, served.address), "second");
      await other.waitForTimeout(1_000);
      const style = (page) => page.evaluate(async () => (await (await fetch("style.css")).text()).includes("--edition: second"));
      assert.deepEqual([await style(page), await style(other)], [false, true]);
      // Whatever was kept before is gone after one more edition.
      served.state.edit = await second("?third");
      for (let visit = 0; visit < 2; visit += 1) await seen(other, served.address).then(() => other.waitForTimeout(1_000));
      assert.equal(await kept(other), 2);
    });
  },

  async "a new edition that cannot be loaded whole leaves the one before it"() {
    await visitor({}, async (page, served) => {
      await first(page, served.address);
      const edit = await second("?second");
      served.state.edit = (name, bytes) => {
        if (name === "untrained-fused.js") throw new Error("lost");
        return edit(name, bytes);
      };
      await page.goto(served.address);
      await page.waitForTimeout(1_000);
      unplug(served);
      assert.equal(await seen(page, served.address), "first");
    });
  },

  async "files that change under the same page come with a later visit"() {
    await visitor({}, async (page, served) => {
      await first(page, served.address);
      const changed = "window.edition = 'second';\n";
      served.state.edit = (name, bytes) => (name === "boot.js" ? changed + bytes : bytes);
      const edition = async () => [await seen(page, served.address), await page.evaluate(() => window.edition)][1];
      await edition();
      await untilKept(page, 2);
      assert.equal(await edition(), "second");
    });
  },

  async "copies of the browser itself do not leave a new edition without its style sheet"() {
    for (const query of ["?second", undefined]) {
      const headers = { "cache-control": "max-age=600" };
      await visitor(headers, async (page, served) => {
        assert.equal(await seen(page, served.address), "first");
        served.state.edit = await second(query);
        assert.equal(await seen(page), "second");
      }, { serviceWorkers: "block" });
    }
  },

  async "it opens where the visitor lets pages keep nothing"() {
    const profile = await mkdtemp(join(tmpdir(), "profile-"));
    await mkdir(join(profile, "Default"));
    const refused = { profile: { default_content_setting_values: { cookies: 2 } } };
    await writeFile(join(profile, "Default", "Preferences"), JSON.stringify(refused));
    const context = await chromium.launchPersistentContext(profile, launch);
    const served = await serve(folder, "/some/where/");
    try {
      const page = await context.newPage();
      const problems = [];
      page.on("pageerror", (error) => problems.push(error.message));
      assert.equal(await seen(page, served.address), "first");
      const theme = () => page.getAttribute("html", "data-theme");
      const before = await theme();
      await page.click("header button");
      await page.waitForFunction((before) => document.documentElement.dataset.theme !== before, before);
      assert.deepEqual(problems, []);
    } finally {
      await context.close();
      served.server.close();
      await rm(profile, { recursive: true });
    }
  },
};
