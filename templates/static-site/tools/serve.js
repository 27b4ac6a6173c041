// Serves the site on this computer, the way a web host does: `/` is index.html, and what is missing is 404.html.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Only these are part of the site; tools, tests and package.json are not.
const TYPES = {
  ".avif": "image/avif",
  ".css": "text/css; charset=utf-8",
  ".gif": "image/gif",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".jpeg": "image/jpeg",
  ".jpg": "image/jpeg",
  ".js": "text/javascript; charset=utf-8",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".xml": "application/xml",
};
// Also whatever begins with a dot, such as `.git` or a `..` that would lead out of the folder.
const PRIVATE = /\\|\/(\.|tools\/|tests\/|node_modules\/)/;

/** The file and its type for the path of a request, or undefined when the site has no such file. */
async function find(path) {
  const name = path.endsWith("/") ? `${path}index.html` : path;
  const type = TYPES[extname(name)];
  if (!type || PRIVATE.test(name)) return undefined;
  try {
    return { type, body: await readFile(join(root, name)) };
  } catch {
    return undefined;
  }
}

function decode(url) {
  try {
    return decodeURIComponent(new URL(url, "http://localhost").pathname);
  } catch {
    return "";
  }
}

const server = createServer(async (request, response) => {
  const found = await find(decode(request.url));
  const { type, body } = found ?? { type: TYPES[".html"], body: await readFile(join(root, "404.html")) };
  response.writeHead(found ? 200 : 404, { "content-type": type, "cache-control": "no-cache" });
  response.end(request.method === "HEAD" ? undefined : body);
});

server.listen(Number(process.env.PORT ?? 8080), "127.0.0.1", () => {
  console.log(`http://localhost:${server.address().port} (stop with Ctrl+C)`);
});
