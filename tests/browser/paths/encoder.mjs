// An encoder of one's own is scored: in the tab, and through the companion.
import assert from "node:assert/strict";
import { equal, native, open, visit } from "../session.mjs";

// With fresh weights the gradients of an encoder are zero but for rounding (see the known problems of the benchmark).
const ROUNDING = /diversity|saliency|importance|jacobian/;
const steady = native.encoder.filter(({ metric }) => !ROUNDING.test(metric));

export default {
  async "an encoder scored in the tab equals the native record, and the page states how to start a companion"() {
    const page = await open();
    await visit(page, "?page=encoder&id=7");
    assert.match(await page.textContent("main"), /There is no companion here[^]*untrained explore/);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 120_000 });
    assert.match(await page.textContent("#computed"), /cpu/);
    await equal(page, steady, 1e-3);
  },

  async "an encoder scored through the companion equals the native record, and can be stopped"() {
    const page = await open();
    await page.goto(`${native.companion}?page=encoder&id=7`);
    await page.waitForSelector("#companion");
    assert.match(await page.textContent("#companion"), /The companion answers/);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
    await equal(page, native.encoder, 0);
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
};
