// Starts the worker on a GPU, which sends a message when it is ready. The query of its own address names the edition.
const { search } = self.location;

// What stops the program within a promise has no error event of its own: it becomes one, which the page receives.
self.addEventListener("unhandledrejection", ({ reason }) => setTimeout(() => { throw reason; }));

const { default: init } = await import(`./untrained-gpu.js${search}`);
await init({ module_or_path: `untrained-gpu_bg.wasm${search}` });
