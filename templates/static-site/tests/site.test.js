import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const pages = readdirSync(root, { recursive: true })
  .filter((name) => name.endsWith(".html") && !name.includes("node_modules"))
  .map((name) => ({ name, html: readFileSync(join(root, name), "utf8") }));

describe("the pages", () => {
  it("have an index and a page for what is missing", () => {
    const names = pages.map((page) => page.name);
    assert.ok(names.includes("index.html"));
    assert.ok(names.includes("404.html"));
  });

  for (const { name, html } of pages) {
    it(`${name} has a language, a title, a viewport and one main heading`, () => {
      assert.match(html, /<html lang="[a-z]{2}/);
      assert.match(html, /<title>[^<]+<\/title>/);
      assert.match(html, /<meta name="viewport"/);
      assert.equal(html.match(/<h1[ >]/g)?.length, 1);
    });

    it(`${name} describes each of its images`, () => {
      for (const [image] of html.matchAll(/<img\b[^>]*>/g)) assert.match(image, /\balt="/);
    });

    it(`${name} uses each id once`, () => {
      const ids = idsOf(html);
      assert.deepEqual(ids, [...new Set(ids)]);
    });

    it(`${name} links only to what is there`, () => {
      for (const [, link] of html.matchAll(/\s(?:href|src)="([^"]*)"/g)) assertResolves(link, name);
    });
  }
});

describe("style.css and script.js", () => {
  it("use only images and fonts that are there", () => {
    const css = readFileSync(join(root, "style.css"), "utf8");
    for (const [, link] of css.matchAll(/url\(["']?([^"')]+)/g)) assertResolves(link, "style.css");
  });

  it("find the elements that the script asks for in every page that loads it", () => {
    const script = readFileSync(join(root, "script.js"), "utf8");
    const wanted = [...script.matchAll(/querySelector\("#([\w-]+)"\)/g)].map(([, id]) => id);
    for (const { name, html } of pages.filter((page) => page.html.includes('src="script.js"'))) {
      for (const id of wanted) assert.ok(idsOf(html).includes(id), `${name} has no #${id}`);
    }
  });
});

describe("npm start", () => {
  let server;
  let address;

  before(async () => {
    const env = { ...process.env, PORT: "0" };
    server = spawn(process.execPath, [join(root, "tools", "serve.js")], { env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await server.stdout.setEncoding("utf8").take(1).toArray();
    address = line.split(" ")[0];
  });

  after(() => server.kill());

  it("serves the pages and their files", async () => {
    const page = await fetch(address);
    assert.equal(page.status, 200);
    assert.equal(await page.text(), readFileSync(join(root, "index.html"), "utf8"));
    const style = await fetch(`${address}/style.css?v=1`);
    assert.equal(style.headers.get("content-type"), "text/css; charset=utf-8");
  });

  it("answers 404.html for what is not part of the site", async () => {
    const paths = ["missing", "package.json", "tools/serve.js", ".gitignore", "..%2f..%2fsecret.txt", "%E0%A4%A"];
    for (const path of paths) {
      const response = await fetch(`${address}/${path}`);
      assert.equal(response.status, 404, path);
      assert.equal(await response.text(), readFileSync(join(root, "404.html"), "utf8"));
    }
  });
});

function idsOf(html) {
  return [...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
}

/** Fails unless the link leads elsewhere on the web, or to a file of the site and, after a #, to an id in it. */
function assertResolves(link, from) {
  if (/^([a-z][a-z+.-]*:|\/\/)/i.test(link)) return;
  const [path, id] = decodeURI(link).split("#");
  const file = path.split("?")[0];
  const folder = file.startsWith("/") ? root : join(root, dirname(from));
  let target = file === "" ? join(root, from) : normalize(join(folder, file));
  if (file.endsWith("/")) target = join(target, "index.html");
  assert.ok(existsSync(target), `${from} links to ${link}, and there is no ${basename(target)}`);
  if (id) assert.ok(idsOf(readFileSync(target, "utf8")).includes(id), `${from} links to ${link}, and there is no such id`);
}
