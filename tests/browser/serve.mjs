// A plain web server for a folder, under a path: the explorer must work from any.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html", ".js": "text/javascript", ".wasm": "application/wasm", ".css": "text/css", ".svg": "image/svg+xml",
};

/**
 * Serves the folder. What it does can be changed at any time: `state.headers` are sent with every file, `state.edit(name,
 * bytes)` gives what is sent for a file, and no request is answered while `state.down` is true.
 */
export async function serve(folder, path, state = {}) {
  const server = createServer(async (request, response) => {
    if (state.down) return request.socket.destroy();
    const { pathname } = new URL(request.url, "http://localhost");
    const name = pathname === path ? "index.html" : normalize(pathname.slice(path.length));
    try {
      const bytes = await readFile(join(folder, name));
      const sent = state.edit ? state.edit(name, bytes) : bytes;
      const headers = { "content-type": TYPES[extname(name)] ?? "application/octet-stream", ...state.headers };
      response.writeHead(200, headers).end(sent);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  return { server, state, address: `http://127.0.0.1:${server.address().port}${path}` };
}
