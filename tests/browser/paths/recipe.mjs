// A recipe is written, as text and node by node.
import assert from "node:assert/strict";
import { open, settled, visit } from "../session.mjs";

/** The GRU's, in order. */
const NODES = ["r", "r_act", "z", "z_act", "rh", "h_tilde", "h_tilde_act", "h_new_0"];

export default {
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

  async "a recipe that cannot be used gets a sentence"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.fill("#recipe", '{"h_new_0": {"op": "linear", "input": ["x", "nowhere"]}}');
    assert.match(await page.textContent("#recipe-problem"), /nowhere/);
    assert.ok(await page.isDisabled("#score"));
  },

  async "nodes and text stay in sync"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=GRU");
    assert.equal(await page.locator(".nodes li").count(), 8);
    const row = (name) => page.locator(".nodes li").nth(NODES.indexOf(name));
    // The operation, by keyboard: the inputs are cut to what it takes.
    await row("r").locator("select").first().focus();
    await page.keyboard.type("tanh");
    await page.waitForFunction(() => document.querySelector("#recipe").value.includes('"r": {"op":"activation_tanh","input":["h_prev_0"]}'));
    // The name: those that read the node follow.
    await row("z").locator("input").fill("update");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => document.querySelector("#recipe").value.includes('"z_act": {"op":"activation_sigm","input":["update"]}'));
    // An input, one more and one less.
    await row("rh").locator("select").nth(2).selectOption("z_act");
    await page.click('button[aria-label="Let rh read one thing more"]');
    await row("rh").locator("select").nth(3).selectOption({ label: "update" });
    await page.waitForFunction(() => document.querySelector("#recipe").value.includes('"input":["r_act","z_act","update"]'));
    await row("rh").locator("select").nth(1).selectOption({ label: "(nothing)" });
    await page.waitForFunction(() => document.querySelector("#recipe").value.includes('"input":["z_act","update"]'));
    assert.ok(await page.isEnabled("#score"));
    // The text: the nodes follow.
    await page.fill("#recipe", '{"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}}');
    await page.waitForFunction(() => document.querySelectorAll(".nodes li").length === 1);
    assert.equal(await page.inputValue("#node-0"), "h_new_0");
  },

  async "a node is added and removed by keyboard alone, and undo brings it back"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=GRU");
    await page.focus("#add-node");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "node-8" && document.activeElement.value === "node_1");
    await page.focus('button[aria-label="Remove r_act"]');
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.querySelectorAll(".nodes li").length === 8);
    assert.match(await page.inputValue("#recipe"), /"rh": {"op":"elementwise_prod","input":\["r","h_prev_0"\]}/);
    assert.ok(await page.isEnabled("#score"));
    await page.click("text=Undo");
    await page.waitForFunction(() => document.querySelector("#recipe").value.includes("r_act"));
  },

  async "undo brings the name back with the recipe, also from another cell"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=GRU");
    await page.click('button[aria-label="Remove r_act"]');
    await page.waitForURL((url) => !url.search.includes("id=2"));
    await page.click("text=Undo");
    await page.waitForURL(/id=2/);
    await page.click('button[aria-label="Remove r_act"]');
    await page.click("text=RNN");
    await page.waitForURL(/id=0/);
    await page.click("text=Undo");
    await page.waitForURL((url) => !url.search.includes("id="));
    assert.doesNotMatch(await page.inputValue("#recipe"), /r_act": /);
  },

  async "a random cell comes at the first click, and a file that is no recipe says so"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=Random cell");
    await page.waitForFunction(() => !document.querySelector("#recipe").value.includes("h_new_1_part1"));
    assert.equal(await page.locator("p.problem:visible").count(), 0);
    assert.ok(await page.isEnabled("#score"));
    const file = (name, text) => ({ name, mimeType: "text/plain", buffer: Buffer.from(text) });
    await page.setInputFiles("input[type=file]", [file("notes.md", "a"), file("broken.json", "{")]);
    await page.waitForFunction(() => /broken.json is no recipe yet: .*line 1/.test(document.querySelector("#files-report").textContent));
    assert.match(await page.textContent("#files-report"), /notes.md is not used/);
  },

  async "an error is shown at its node"() {
    const page = await open();
    await visit(page, "?page=score");
    await page.click("text=GRU");
    await page.click('button[aria-label="Remove h_new_0"]');
    await page.waitForSelector("#recipe-problem");
    assert.ok(await page.isDisabled("#score"));
    await page.click("text=Add a state");
    await page.waitForSelector("#recipe-problem", { state: "detached" });
    await page.fill("#recipe", '{"h_new_0": {"op": "blend", "input": ["h_prev_0"]}}');
    await page.waitForSelector(".nodes li.wrong");
    assert.equal(await page.textContent(".nodes li.wrong .problem"), "blend takes 3 inputs, not 1");
    assert.equal(await page.getAttribute("#node-0", "aria-invalid"), "true");
    await page.click("text=Add a node");
    await page.fill("#node-1", "h_new_0");
    await page.keyboard.press("Tab");
    assert.match(await page.textContent("[role=group] [role=alert]"), /another node of this name/);
    assert.equal(await page.inputValue("#node-1"), "node_1");
  },
};
