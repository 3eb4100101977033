// Starts the page, and caches it for visits without a network. The query of its own address names the edition: files of
// another edition that the browser has cached have another query.
const { search } = new URL(import.meta.url);

// A style sheet of another edition does not pass the page's check. The browser loads another address again.
const sheet = document.querySelector('link[rel="stylesheet"]');
if (sheet && !sheet.sheet) {
  const settled = new Promise((done) => ["load", "error"].forEach((event) => sheet.addEventListener(event, done, { once: true })));
  sheet.href += `${search ? "&" : "?"}again`;
  await settled;
}

const { default: init } = await import(`./untrained-app.js${search}`);
await init({ module_or_path: `untrained-app_bg.wasm${search}` });

try {
  if ("serviceWorker" in navigator && window.isSecureContext) await navigator.serviceWorker.register("offline.js", { updateViaCache: "none" });
} catch {
  // The visitor does not let pages store anything.
}
