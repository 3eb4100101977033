// Starts the worker on the CPU, which sends a message when it is ready. The query of its own address names the edition.
const { search } = self.location;

// What stops the program within a promise has no error event of its own: it becomes one, which the page receives.
self.addEventListener("unhandledrejection", ({ reason }) => setTimeout(() => { throw reason; }));

await import(`./cpu-module.js${search}`);
const { default: init } = await import(`./${self.cpuModule}.js${search}`);
await init({ module_or_path: `${self.cpuModule}_bg.wasm${search}` });
