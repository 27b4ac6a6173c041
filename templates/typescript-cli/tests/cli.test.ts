import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const about = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Runs the program that an installation would run: the one that `bin` names. */
function run(args: string[], input = "") {
  const program = join(root, about.bin[about.name]);
  return spawnSync(process.execPath, [program, ...args], { cwd: folder, input, encoding: "utf8" });
}

let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "cli-test-"));
  writeFileSync(join(folder, "poem.txt"), "roses are red\nviolets are blue\n");
  writeFileSync(join(folder, "short.txt"), "¡olé 👍");
});

after(() => rmSync(folder, { recursive: true }));

describe("the program", () => {
  it("counts a file", () => {
    const { stdout, stderr, status } = run(["poem.txt"]);
    assert.equal(stdout, "       2       6      31  poem.txt\n");
    assert.equal(stderr, "");
    assert.equal(status, 0);
  });

  it("counts several files and their total", () => {
    const { stdout } = run(["poem.txt", "short.txt"]);
    assert.match(stdout, /^ +1 +2 +6 {2}short\.txt$/m);
    assert.match(stdout, /^ +3 +8 +37 {2}total$/m);
  });

  it("counts standard input when there is no file", () => {
    assert.match(run([], "one two").stdout, /^ +1 +2 +7 {2}-$/m);
    assert.match(run([], "").stdout, /^ +0 +0 +0 {2}-$/m);
  });

  it("prints JSON", () => {
    assert.deepEqual(JSON.parse(run(["--json", "poem.txt"]).stdout), [
      { name: "poem.txt", lines: 2, words: 6, characters: 31 },
    ]);
  });

  it("reports a file that is not there, and still counts the others", () => {
    const { stdout, stderr, status } = run(["missing.txt", "poem.txt"]);
    assert.match(stderr, /missing\.txt/);
    assert.match(stdout, /poem\.txt/);
    assert.equal(status, 1);
  });

  it("refuses an option that does not exist", () => {
    const { stdout, stderr, status } = run(["--colour"]);
    assert.match(stderr, /--colour/);
    assert.match(stderr, /--help/);
    assert.equal(stdout, "");
    assert.equal(status, 2);
  });

  it("explains itself", () => {
    const { stdout, status } = run(["--help"]);
    assert.ok(stdout.startsWith(about.description));
    assert.ok(stdout.includes(`Usage: ${about.name} `));
    assert.equal(status, 0);
  });

  it("tells its version", () => {
    const { stdout, status } = run(["-v"]);
    assert.equal(stdout, `${about.version}\n`);
    assert.equal(status, 0);
  });
});
