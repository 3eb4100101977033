// Starts the worker on a graphics card, which says when it is ready.
import init from "./untrained-gpu.js";

// What stops the program within a promise has no error event of its own: it becomes one, which the page hears.
self.addEventListener("unhandledrejection", ({ reason }) => setTimeout(() => { throw reason; }));

await init({ module_or_path: "untrained-gpu_bg.wasm" });
