// Addresses that somebody else made.
import assert from "node:assert/strict";
import { PAGES, address, open, problems, settled, visit } from "../session.mjs";

const HTML = `"><img src=x onerror="window.hit = 1"><script>window.hit = 1</script><b hidden>`;
const SHELL = "nodes; touch owned #";
const KEYS = ["benchmark", "id", "beside", "metric", "sizes", "seed", "recipe", "configuration", "published", "where", "device", "x", "y", "xscale", "yscale", "colour", "area", "window", "group", "count", "sort"];

/** What the button under the command line copies. */
async function copied(page) {
  await page.locator("h2 ~ .buttons >> text=Copy").last().click();
  await page.waitForSelector("text=Copied");
  return page.evaluate(() => navigator.clipboard.readText());
}

export default {
  async "no address puts text of its own into the command line"() {
    const page = await open({ permissions: ["clipboard-read", "clipboard-write"] });
    const given = [SHELL, "nodes\ntouch owned\n", "heads; touch owned #", "$(touch owned)", "`touch owned`", "nodes' ; touch owned '", "-h", "\u0003nodes"];
    for (const [id, known] of Object.entries({ score: "nodes", encoder: "heads" })) {
      const plain = /^untrained score [a-z]+ --id 3( --[a-z-]+ \d+)+( --device cpu)?$/;
      for (const metric of given) {
        await visit(page, `?page=${id}&id=3&metric=${encodeURIComponent(metric)}`);
        await page.waitForFunction(() => /--id 3/.test(document.querySelector("h2 ~ pre").textContent));
        assert.match(await copied(page), plain, metric);
      }
      await visit(page, `?page=${id}&id=3&metric=${known}&sizes=${encodeURIComponent(SHELL)}&seed=${encodeURIComponent(SHELL)}`);
      await page.waitForFunction(() => /--id 3/.test(document.querySelector("h2 ~ pre").textContent));
      assert.match(await copied(page), new RegExp(`--seed 0 --metric ${known}( --device cpu)?$`));
    }
  },

  async "no address puts elements or scripts into a page"() {
    const page = await open();
    for (const id of PAGES) {
      for (const text of [HTML, SHELL, "\u0000\u001b[31m\n", "1e999", "-1", "0_5e-324_0_1"]) {
        const query = KEYS.map((key) => `&${key}=${encodeURIComponent(text)}`).join("");
        await page.goto(`${address}?page=${id}${query}#${encodeURIComponent(text)}`);
        await settled(page);
        assert.equal(await page.locator("main img, main script, main b[hidden]").count(), 0, `${id}: ${text}`);
        assert.equal(await page.evaluate(() => window.hit), undefined, `${id}: ${text}`);
        const links = await page.evaluate(() => [...document.links].map(({ href }) => href));
        assert.deepEqual(links.filter((link) => !link.startsWith(address)), [], `${id}: ${text}`);
      }
    }
    assert.deepEqual(problems, []);
  },

  async "a recipe in an address is text wherever it is shown"() {
    const page = await open();
    for (const recipe of [`{"h_new_0":{"op":"linear","input":["x","${HTML.replaceAll('"', "'")}"]}}`, `{"${HTML.replaceAll('"', "'")}":{"op":"linear","input":["x"]},"h_new_0":{"op":"linear","input":["x"]}}`]) {
      await visit(page, `?page=score&recipe=${encodeURIComponent(recipe)}`);
      assert.equal(await page.locator("main img, main script, main b[hidden]").count(), 0);
      assert.equal(await page.evaluate(() => window.hit), undefined);
      assert.match(await page.textContent("h2 ~ pre"), /^untrained score recurrent --recipe cell.json --vocabulary-size/);
    }
  },

  async "endings of files are read in capitals, too, and a file called as an id is no network of the benchmark"() {
    const page = await open();
    await visit(page, "?page=score");
    const recipe = '{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}';
    const file = (name, text) => ({ name, mimeType: "", buffer: Buffer.from(text) });
    await page.setInputFiles("input[type=file]", [file("RECIPE.JSON", recipe), file("TEXT.Txt", "one two three\ntwo one three four\n")]);
    await page.waitForFunction(() => /RECIPE.JSON: a recipe. TEXT.Txt read by the network./.test(document.querySelector("#files-report").textContent));
    assert.equal(await page.inputValue("#node-0"), "h_new_0");
    await page.setInputFiles("input[type=file]", [file("3.json", recipe)]);
    await page.waitForFunction(() => /^3.json: a recipe/.test(document.querySelector("#files-report").textContent));
    assert.match(await page.textContent("h2 ~ pre"), /--recipe cell.json/);
    // The same by dropping them on the page.
    await page.evaluate((recipe) => {
      const data = new DataTransfer();
      data.items.add(new File([recipe.replace("x", "h_prev_0")], "RECIPE.Json"));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    }, recipe);
    await page.waitForFunction(() => /^RECIPE.Json: a recipe/.test(document.querySelector("#files-report").textContent));
  },
};
