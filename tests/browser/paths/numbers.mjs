// Number fields, and numbers that are shown.
import assert from "node:assert/strict";
import { open, visit } from "../session.mjs";

// Text that a person types into a field.
const ODD = ["-1", "1.5", "", "99999999999999999999", "1e3", "5e"];

/** The button that each page has for its fields. */
const PAGES = { "?page=score": "#score", "?page=transformer": "#score", "?page=transformer&family=decoder": "#score", "?page=many": "text=Draw and score", "?page=stable": "button:text-is('Score')" };

/** Fields that may be left out. */
const IDS = ["Benchmark id", "Id in LTS"];

async function type(page, field, text) {
  await field.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type(text);
}

export default {
  async "every number field refuses odd values with a sentence, and nothing runs until it is corrected"() {
    const page = await open();
    for (const [query, button] of Object.entries(PAGES)) {
      await visit(page, query);
      await page.waitForFunction(() => [...document.querySelectorAll("input[type=number]")].some((field) => field.value));
      const fields = await page.locator(".field").all();
      assert.ok(fields.length >= 1, query);
      for (const box of fields) {
        const [field, problem] = [box.locator("input"), box.locator(".problem")];
        const label = await box.locator("label span").textContent();
        const before = await field.inputValue();
        for (const text of ODD) {
          // A benchmark id may be left out.
          if (IDS.includes(label) && !text) continue;
          await type(page, field, text);
          const where = `${query}, ${label}: '${text}'`;
          assert.match(await problem.textContent(), /^Enter a whole number from [01] to [\d,]+\.$/, where);
          assert.ok(await problem.isVisible(), where);
          assert.equal(await field.getAttribute("aria-invalid"), "true", where);
          assert.ok(await page.locator(button).last().isDisabled(), where);
          if (button === "#score" && !IDS.includes(label)) assert.equal(await page.locator("h2 ~ pre").count(), 0, where);
        }
        await type(page, field, before || "7");
        assert.ok(await problem.isHidden(), `${query}, ${label}`);
        assert.ok(await page.locator(button).last().isEnabled(), `${query}, ${label}`);
      }
    }
  },

  async "the ids of networks are checked as they are typed"() {
    const page = await open();
    await visit(page, "?page=network&id=3");
    const box = page.locator(".field").first();
    for (const text of [...ODD, "14208"].filter((text) => text)) {
      await type(page, box.locator("input"), text);
      assert.equal(await box.locator(".problem").textContent(), "Enter a whole number from 0 to 14,207.", text);
    }
    await page.keyboard.press("Enter");
    assert.match(await page.textContent("h2"), /Cell 3/);
    await type(page, box.locator("input"), "4");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /Cell 4/.test(document.querySelector("h2").textContent));
  },

  async "a network that is too large is refused at the size that makes it so, and another size makes it fit"() {
    const page = await open();
    for (const [query, label] of [["?page=score", "Hidden"], ["?page=transformer", "Embedding"], ["?page=transformer&family=decoder", "Batch"]]) {
      await visit(page, query);
      const box = page.locator(".field", { hasText: label });
      await type(page, box.locator("input"), "1000000");
      await page.waitForFunction(() => /^Refused: the (network|encoder|decoder)/.test([...document.querySelectorAll(".field .problem")].map((problem) => problem.textContent).join("")));
      assert.ok(await page.isDisabled("#score"));
      await page.click("text=Small sizes");
      assert.equal(await page.locator(".field .problem:visible").count(), 0);
      assert.ok(await page.isEnabled("#score"));
    }
  },

  async "what is shown is what is computed: buttons replace the sizes that were typed"() {
    const page = await open();
    await visit(page, "?page=score");
    const hidden = page.locator(".field", { hasText: "Hidden" }).locator("input");
    for (const text of ["-1", "7", "e"]) {
      await type(page, hidden, text);
      await page.click("text=Small sizes");
      assert.equal(await hidden.inputValue(), "96", text);
      assert.match(await page.textContent("h2 ~ pre"), /--hidden 96 /);
    }
  },

  async "different cells show different values, on one bar from bad to good"() {
    const page = await open();
    const value = async (id, name) => {
      await visit(page, `?page=network&id=${id}`);
      return page.locator(".scores tr", { hasText: name }).locator("td").allInnerTexts();
    };
    // Published: 0.500000449 and 0.500012127.
    const [three, four] = [await value(3, /^Jacobian cosine/), await value(4, /^Jacobian cosine/)];
    assert.match(three[0], /^0\.5000004/);
    assert.match(four[0], /^0\.50001/);
    // A lower loss and a higher covariance are on the same side of the bar.
    const [loss, covariance] = [await value(3, /^Loss/), await value(3, /^Hidden covariance, layer 1/)];
    for (const [, share] of [loss, covariance]) assert.match(share, /^\d+ %/);
    assert.equal(await page.locator(".scores th", { hasText: "Better than" }).count(), 1);
    const best = await page.evaluate(() => document.querySelectorAll(".scores .percentile").length);
    assert.ok(best > 5);
  },

  async "the best cell is better than nearly all"() {
    const page = await open();
    await visit(page, "?page=network");
    const [, share] = await page.locator(".scores tr", { hasText: /^Loss/ }).locator("td").allInnerTexts();
    assert.match(share, /^100 %/);
  },
};
