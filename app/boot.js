// Starts the page, and keeps it for visits without a network.
import init from "./untrained-app.js";

await init({ module_or_path: "untrained-app_bg.wasm" });

if ("serviceWorker" in navigator && window.isSecureContext) {
  navigator.serviceWorker.register("offline.js").catch(() => {});
}
