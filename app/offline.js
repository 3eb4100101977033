// Serves what the network gives and keeps a copy, so that the explorer opens without a network, too.
const KEPT = "untrained";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  // Whether a companion answers is asked anew every time.
  if (request.url.includes("/api/")) return;
  event.respondWith(fresh(request));
});

async function fresh(request) {
  const kept = await caches.open(KEPT);
  try {
    const answer = await fetch(request);
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  } catch (problem) {
    const copy = await kept.match(request, { ignoreSearch: true });
    if (copy) return copy;
    throw problem;
  }
}
