import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const src = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

// A file imports from its own room or from a lower floor, so that no two rooms need one another.
const FLOORS = [
  ["server"],
  ["app"],
  ["routes"],
  ["agents"],
  ["models", "db"],
  ["config", "errors"],
];

const floorOf = (room: string) => FLOORS.findIndex((rooms) => rooms.includes(room));
const roomOf = (file: string) => file.split("/")[0]?.replace(/\.ts$/, "") ?? file;

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".ts"));

it.each(files)("src/%s stands on a floor and imports only downwards", (file) => {
  const room = roomOf(file);
  expect(floorOf(room), `give ${room} a floor in this test`).not.toBe(-1);
  for (const [, path = ""] of readFileSync(join(src, file), "utf8").matchAll(
    / from "(\.[^"]+)"/g,
  )) {
    const imported = roomOf(posix.join(posix.dirname(file), path));
    const downwards = imported === room || floorOf(imported) > floorOf(room);
    expect(downwards, `src/${file} imports ${path}, which is not below it`).toBe(true);
  }
});
