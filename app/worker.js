// Starts the worker, which says when it is ready.
import init from "./untrained-worker.js";

await init({ module_or_path: "untrained-worker_bg.wasm" });
