// Starts the worker on a graphics card, which says when it is ready.
import init from "./untrained-gpu.js";

await init({ module_or_path: "untrained-gpu_bg.wasm" });
