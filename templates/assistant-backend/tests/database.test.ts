import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openDatabase } from "../src/db/database.ts";
import { createMessageStore } from "../src/db/messages.ts";
import { createNoteStore } from "../src/db/notes.ts";

it("what was said and noted is there after a restart", () => {
  const folder = mkdtempSync(join(tmpdir(), "assistant-"));
  const file = join(folder, "new", "assistant.db");

  const before = openDatabase(file);
  const said = createMessageStore(before).add({ session: "one", role: "user", content: "Hi" });
  const noted = createNoteStore(before).add("buy milk");
  before.close();

  const after = openDatabase(file);
  expect(createMessageStore(after).latest("one", 10)).toEqual([said]);
  expect(createNoteStore(after).list()).toEqual([noted]);
  expect(createNoteStore(after).remove(noted.id)).toBe(true);
  expect(createNoteStore(after).remove(noted.id)).toBe(false);
  after.close();
  rmSync(folder, { recursive: true });
});
