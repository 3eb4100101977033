// Caches the explorer for visits without a network: complete editions, each in a cache of its own. A page gets all its files
// from one edition; if there is a network, the page is the one of the network.

// Sets `cpuModule`.
importScripts("cpu-module.js");

const PAGE = "index.html";

// The other files of an edition; those for a GPU are cached when they are first used.
const TEXTS = ["style.css", "boot.js", "icon.svg", "untrained-app.js", "worker.js", "cpu-module.js", `${self.cpuModule}.js`];
const MODULES = ["untrained-app_bg.wasm", `${self.cpuModule}_bg.wasm`];

// Prefix of names of caches: all folders of a server share one list of caches.
const PREFIX = `untrained ${new URL(self.registration.scope).pathname} `;

// Largest size of an edition, in bytes.
const ROOM = 16e6;

// Milliseconds after which a cached page is shown, if the network does not answer.
const PATIENCE = 8_000;

// The edition of each page and worker, by client; all others have the newest.
const editions = new Map();

// Editions that are being cached, by the text of their page.
const begun = new Map();

// Their files that are being loaded, by edition and name.
const loading = new Map();

self.addEventListener("install", (event) => {
  self.skipWaiting();
  // If nothing can be cached, the network serves the explorer as it would without this script.
  event.waitUntil(fromNetwork(PAGE).then(async (page) => keep(page, await page.clone().text())).catch(() => {}));
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const name = nameOf(event.request.url);
  // Whether a companion answers is checked every time.
  if (event.request.method !== "GET" || name === null || name.startsWith("api/")) return;
  if (event.request.mode !== "navigate") event.respondWith(file(event, name));
  else if (name === PAGE) event.respondWith(page(event));
});

/** The page of the network, or the newest cached one. */
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

/** A file of the edition of the page that requests it. */
async function file(event, name) {
  const edition = editions.get(event.clientId) ?? (await editionOf(new URL(event.request.url).search));
  // A worker has the edition of its page.
  if (edition && event.resultingClientId) editions.set(event.resultingClientId, edition);
  await loading.get(`${edition} ${name}`)?.catch(() => {});
  const copy = edition && (await match(edition, name));
  if (copy) return copy;
  const answer = await fetch(event.request, { cache: "no-cache" });
  if (edition && answer.ok && edition === (await newest())) event.waitUntil(put(edition, name, answer.clone()).catch(() => {}));
  return answer;
}

/** Caches the edition of a page, completely or not at all. */
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

/** Loads an edition. Its page comes last: if that is cached, all files are. */
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

/** Caches a new edition if the network has other files for the same page: somebody changed them without a build. */
async function check(edition, answer, text) {
  for (const name of TEXTS) {
    const [now, then] = await Promise.all([fromNetwork(name + queryOf(text)), textOf(edition, name)]);
    if ((await now.text()) !== then) return keep(answer, text);
  }
}

/** Deletes all editions but this one and the one before it, which open pages may show. */
async function forget(edition) {
  const complete = [];
  for (const name of await names()) {
    if (await match(name, PAGE)) complete.push(name);
    else if (![...begun.values()].includes(name)) await caches.delete(name);
  }
  const older = complete.filter((name) => name !== edition).slice(0, -1);
  await Promise.all([...older, "untrained"].map((name) => caches.delete(name)));
}

/** Names of the editions, the newest last. None if the visitor does not let pages store anything. */
async function names() {
  const all = await caches.keys().catch(() => []);
  return all.filter((name) => name.startsWith(PREFIX));
}

async function newest() {
  for (const name of (await names()).reverse()) if (await match(name, PAGE)) return name;
  return null;
}

/** The edition whose page requests its files with this query. */
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

/** Caches a copy, without `Vary`: a copy serves every request, which `*` would rule out. */
async function put(edition, name, { body, status, headers }) {
  const copied = new Headers(headers);
  copied.delete("vary");
  const cache = await caches.open(edition);
  await cache.put(new URL(name, self.registration.scope), new Response(body, { status, headers: copied }));
}

/** The file as the network has it now, regardless of the browser's own cache. */
async function fromNetwork(address, signal) {
  const answer = await fetch(new URL(address, self.registration.scope), { cache: "no-cache", signal });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer;
}

async function hasRoom() {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  return quota === undefined || quota - usage > ROOM;
}

/** The query with which a page requests its files: it names the edition. */
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
