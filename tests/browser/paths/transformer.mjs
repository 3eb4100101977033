// An encoder or decoder of one's own is scored: in the tab, and through the companion.
import assert from "node:assert/strict";
import { choice, equal, field, native, open, visit } from "../session.mjs";

// With fresh weights the gradients of an encoder are zero but for rounding (see the known problems of the benchmark).
const ROUNDING = /diversity|saliency|importance|jacobian/;
const steady = native.encoder.filter(({ metric }) => !ROUNDING.test(metric));

// A small difference of two gradients in single precision.
const DIFFERENCE = /grasp_difference/;

// Divides by deviations of gradients, in single precision up to 6e-3 off.
const DIVISION = /zico/;

/** Fills the sizes of the native records of the decoder. */
async function small(page) {
  await field(page, "Batch").fill("4");
  await field(page, "Sequence").fill("16");
}

export default {
  async "a decoder scored in the tab equals the native record"() {
    const page = await open();
    await visit(page, "?page=transformer&family=decoder&id=0");
    assert.match(await page.textContent("#decoder"), /^8,505,006 parameters: 5 layers, 128 wide, 50,264 words/);
    assert.match(await page.locator("pre").last().textContent(), /untrained score decoder --id lts\/0 --batch 4 --sequence 64/);
    await small(page);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 120_000 });
    await equal(page, native.decoder.filter(({ metric }) => !DIFFERENCE.test(metric) && !DIVISION.test(metric)), 1e-3);
    await equal(page, native.decoder.filter(({ metric }) => DIVISION.test(metric)), 1e-2);
  },

  async "a decoder scored through the companion equals the native record"() {
    const page = await open();
    await page.goto(`${native.companion}?page=transformer&family=decoder&id=0`);
    await page.waitForSelector("#companion");
    await small(page);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
    await equal(page, native.decoder, 0);
  },

  async "a config.json of Hugging Face is scored, and kept in the address"() {
    const page = await open();
    await visit(page, "?page=transformer");
    const llama = { model_type: "llama", hidden_size: 16, intermediate_size: 24, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 50, max_position_embeddings: 64, rms_norm_eps: 1e-6 };
    await page.setInputFiles("main input[type=file]", { name: "config.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(llama)) });
    await page.waitForSelector("#decoder");
    assert.match(await page.textContent("#decoder"), /2 layers, 16 wide, 50 words, rotary positions, root-mean-square norm/);
    assert.match(await page.textContent(".layers"), /Layers 1 to 2.*4 heads of 4 units, 2 of keys and values.*24 wide, SiLU, gated/);
    await page.waitForURL(/configuration=.*llama/);
    assert.equal(await field(page, "Vocabulary").count(), 0);
    await page.click("#score");
    await page.waitForSelector("#records", { timeout: 60_000 });
    const again = await open();
    await again.goto(page.url());
    await again.waitForSelector("#decoder");
    assert.match(await again.textContent("#decoder"), /2 layers, 16 wide/);
    await page.fill("#configuration", JSON.stringify({ ...llama, num_key_value_heads: 3 }));
    await page.waitForSelector("#configuration-problem");
    assert.match(await page.textContent("#configuration-problem"), /heads/);
    assert.ok(await page.isDisabled("#score"));
  },

  async "the choice of a network changes what is offered, and a decoder is drawn"() {
    const page = await open();
    await visit(page, "?page=transformer");
    assert.equal(await field(page, "Embedding").count(), 1);
    await choice(page, "Network").selectOption("decoder");
    await page.waitForSelector("#decoder");
    assert.equal(await field(page, "Embedding").count(), 0);
    const before = await page.inputValue("#configuration");
    await page.click("button:text-is('Random')");
    await page.waitForFunction((before) => document.querySelector("#configuration").value !== before, before);
    assert.match(await page.inputValue("#configuration"), /lts_gpt2/);
    await choice(page, "Network").selectOption("transformer");
    await page.waitForFunction(() => document.querySelector("#configuration").value.includes("nas_config"));
  },

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
    // All metrics of so many sequences do not fit into every memory.
    await field(page, "Batch").fill("8");
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
