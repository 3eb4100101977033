// Keeps the explorer for visits without a network: whole editions, each in a cache of its own. A page gets all its files
// from one edition, and whenever there is a network the page is the one that the network has.

// Sets `cpuModule`.
importScripts("cpu-module.js");

const PAGE = "index.html";

// The other files of an edition; what a GPU needs is kept once it is used.
const TEXTS = ["style.css", "boot.js", "icon.svg", "untrained-app.js", "worker.js", "cpu-module.js", `${self.cpuModule}.js`];
const MODULES = ["untrained-app_bg.wasm", `${self.cpuModule}_bg.wasm`];

// Names of caches start with it: the caches of all folders of a server lie side by side.
const PREFIX = `untrained ${new URL(self.registration.scope).pathname} `;

// Bytes that an edition takes at most.
const ROOM = 16e6;

// Milliseconds after which a kept page is shown, where the network does not answer.
const PATIENCE = 8_000;

// The edition of each page and worker, by client; all others have the newest.
const editions = new Map();

// Editions that are being kept, by the text of their page.
const begun = new Map();

// Files of those that are under way, by edition and name.
const loading = new Map();

self.addEventListener("install", (event) => {
  self.skipWaiting();
  // Where nothing can be kept, the network serves the explorer as it would without this script.
  event.waitUntil(fromNetwork(PAGE).then(async (page) => keep(page, await page.clone().text())).catch(() => {}));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const name = nameOf(event.request.url);
  // Whether a companion answers is asked anew every time.
  if (event.request.method !== "GET" || name === null || name.startsWith("api/")) return;
  if (event.request.mode !== "navigate") event.respondWith(file(event, name));
  else if (name === PAGE) event.respondWith(page(event));
});

/** The page that the network has, or the newest that is kept. */
async function page(event) {
  const kept = await newest();
  try {
    const answer = await fromNetwork(PAGE, kept ? AbortSignal.timeout(PATIENCE) : undefined);
    const text = await answer.clone().text();
    const known = kept && (await textOf(kept, PAGE)) === text;
    const edition = known ? kept : (begun.get(text) ?? newName());
    editions.set(event.resultingClientId, edition);
    const work = known ? check(kept, answer.clone(), text) : keep(answer.clone(), text, edition);
    event.waitUntil(work.catch(() => {}));
    return answer;
  } catch (problem) {
    const copy = kept && (await match(kept, PAGE));
    if (!copy) throw problem;
    editions.set(event.resultingClientId, kept);
    return copy;
  }
}

/** A file of the edition that is shown by the page which asks for it. */
async function file(event, name) {
  const edition = editions.get(event.clientId) ?? (await editionOf(new URL(event.request.url).search));
  // What a worker asks for belongs to the edition of its page.
  if (edition && event.resultingClientId) editions.set(event.resultingClientId, edition);
  await loading.get(`${edition} ${name}`)?.catch(() => {});
  const copy = edition && (await match(edition, name));
  if (copy) return copy;
  const answer = await fetch(event.request, { cache: "no-cache" });
  if (edition && answer.ok && edition === (await newest())) event.waitUntil(put(edition, name, answer.clone()).catch(() => {}));
  return answer;
}

/** Keeps the edition of a page, whole or not at all. */
async function keep(answer, text, edition = newName()) {
  if (begun.has(text)) return;
  begun.set(text, edition);
  try {
    if (!(await hasRoom())) return;
    await load(edition, answer, text).catch(async (problem) => {
      const older = (await names()).filter((name) => name !== edition);
      if (problem.name !== "QuotaExceededError" || !older.length) throw problem;
      // There is room for one edition only.
      await Promise.all(older.map((name) => caches.delete(name)));
      await load(edition, answer, text);
    });
  } catch (problem) {
    await caches.delete(edition);
    throw problem;
  } finally {
    begun.delete(text);
  }
  await forget(edition);
}

/** Loads an edition. Its page comes last: where that is kept, all is. */
async function load(edition, answer, text) {
  const files = [...TEXTS, ...MODULES].map((name) => {
    const key = `${edition} ${name}`;
    const loaded = fromNetwork(name + queryOf(text)).then((file) => put(edition, name, file));
    loading.set(key, loaded);
    return loaded.finally(() => loading.delete(key));
  });
  await Promise.all(files);
  await put(edition, PAGE, answer.clone());
}

/** Keeps a new edition where the network has other files for the same page: somebody changed them by hand. */
async function check(edition, answer, text) {
  for (const name of TEXTS) {
    const [now, then] = await Promise.all([fromNetwork(name + queryOf(text)), textOf(edition, name)]);
    if ((await now.text()) !== then) return keep(answer, text);
  }
}

/** Deletes what no page needs any more: all but an edition and the one before it, which open pages may show. */
async function forget(edition) {
  const whole = [];
  for (const name of await names()) {
    if (await match(name, PAGE)) whole.push(name);
    else if (![...begun.values()].includes(name)) await caches.delete(name);
  }
  const older = whole.filter((name) => name !== edition).slice(0, -1);
  await Promise.all([...older, "untrained"].map((name) => caches.delete(name)));
}

/** Names of the editions, the newest last. None where the visitor does not let pages keep anything. */
async function names() {
  const all = await caches.keys().catch(() => []);
  return all.filter((name) => name.startsWith(PREFIX));
}

async function newest() {
  for (const name of (await names()).reverse()) if (await match(name, PAGE)) return name;
  return null;
}

/** The edition whose page asks for its files with this query. */
async function editionOf(query) {
  if (!query) return newest();
  for (const name of (await names()).reverse()) if (queryOf((await textOf(name, PAGE)) ?? "") === query) return name;
  return null;
}

async function match(edition, name) {
  return caches.match(new URL(name, self.registration.scope), { cacheName: edition }).catch(() => undefined);
}

async function textOf(edition, name) {
  return (await match(edition, name))?.text();
}

/** Keeps a copy. `Vary` is left out: a copy is for whoever asks, and none may say that it is for nobody (`*`). */
async function put(edition, name, { body, status, headers }) {
  const copied = new Headers(headers);
  copied.delete("vary");
  const cache = await caches.open(edition);
  await cache.put(new URL(name, self.registration.scope), new Response(body, { status, headers: copied }));
}

/** What the network has now, whatever the browser's own cache holds. */
async function fromNetwork(address, signal) {
  const answer = await fetch(new URL(address, self.registration.scope), { cache: "no-cache", signal });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

async function hasRoom() {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return quota === undefined || quota - usage > ROOM;
}

/** The query with which a page asks for its files: it names the edition. */
function queryOf(text) {
  return /"boot\.js(\?[^"]*)"/.exec(text)?.[1] ?? "";
}

function newName() {
  return PREFIX + crypto.randomUUID();
}

/** The name of a file of the explorer; null for any other address. */
function nameOf(address) {
  const [url, scope] = [new URL(address), new URL(self.registration.scope)];
  if (url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return null;
  return url.pathname.slice(scope.pathname.length) || PAGE;
}
