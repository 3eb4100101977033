// All points.
import assert from "node:assert/strict";
import { open, visit } from "../session.mjs";

export default {
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
    for (let step = 0; step < 60 && !(await page.locator(".tip").count()); step += 1) {
      await page.mouse.move(box.x + box.width * (0.3 + 0.01 * step), box.y + box.height * 0.55);
    }
    const named = (await page.textContent(".tip strong")).trim();
    assert.match(named, /^Cell \d+$/);
    assert.match(await page.textContent(".tip"), /Hidden covariance, layer 1: .*Loss: \d/);
    await page.mouse.down();
    await page.mouse.up();
    assert.equal(await page.textContent("#pinned a"), named);
    await page.waitForSelector("#pinned .graph");
    await page.mouse.move(box.x + box.width * 0.5, box.y + box.height * 0.3);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.9, box.y + box.height * 0.8, { steps: 4 });
    await page.mouse.up();
    const selected = await page.textContent("#selected");
    assert.match(selected, /^[\d,]+ selected$/);
    assert.match(page.url(), /area=/);
    // Only visible rows of a long table are rendered.
    const rendered = await page.locator("tr.row").count();
    assert.ok(rendered > 10 && rendered < 60, `${rendered} rows rendered`);
    await page.reload();
    await page.waitForSelector("#selected");
    assert.equal(await page.textContent("#selected"), selected);
    await page.goBack();
    await page.waitForSelector("#selected", { state: "detached" });
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
    await page.click("#all-points");
    await page.waitForFunction(() => document.querySelector("canvas").getAttribute("aria-label").startsWith("8,794"));
  },
};
