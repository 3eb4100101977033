// The explorer in a real browser. Called by the test `browser` with the built folder and, on standard input, what the
// native program answers: {"best": [...records of the default cell...], "tiny": {sizes, records}, "metrics": number, "slow": seconds, "companion": address, "encoder": [...records of encoder 7...], "decoder": [...records of decoder 0 of LTS...], "devices": {cell, encoder: {task, sizes, records, kinds: [...metrics that differ in their needs...]}}, "text": [...Penn Treebank files, where there are any...]}.
// A third argument takes only the paths whose name holds it, and no figures.
import assert from "node:assert/strict";
import { figures } from "./figures.mjs";
import { closeOpened, end, problems } from "./session.mjs";
import devices from "./paths/devices.mjs";
import lists from "./paths/lists.mjs";
import network from "./paths/network.mjs";
import numbers from "./paths/numbers.mjs";
import offline from "./paths/offline.mjs";
import pages from "./paths/pages.mjs";
import recipe from "./paths/recipe.mjs";
import scatter from "./paths/scatter.mjs";
import score from "./paths/score.mjs";
import shared from "./paths/shared.mjs";
import train from "./paths/train.mjs";
import transformer from "./paths/transformer.mjs";
import worth from "./paths/worth.mjs";

const PATHS = { ...pages, ...worth, ...scatter, ...network, ...recipe, ...score, ...transformer, ...devices, ...lists, ...train, ...numbers, ...shared, ...offline };

// Milliseconds after which a path has failed: what waits for the page may wait for ever.
const LIMIT = 600_000;
const late = () => new Promise((_, fail) => setTimeout(() => fail(new Error(`it did not end within ${LIMIT / 1e3} s`)), LIMIT).unref());

const only = process.argv[4];

const failed = [];
for (const [name, path] of Object.entries(PATHS)) {
  if (only && !name.includes(only)) continue;
  problems.length = 0;
  try {
    await Promise.race([path(), late()]);
    assert.deepEqual(problems, []);
    console.log(`ok ${name}`);
  } catch (error) {
    failed.push(`FAILED ${name}: ${error.message}`);
    console.log(failed.at(-1));
  }
  await closeOpened();
}
if (!only) await figures();
await end();
// Once more at the end, where a log that is cut still shows it.
for (const line of failed) console.error(line);
process.exit(failed.length ? 1 : 0);
