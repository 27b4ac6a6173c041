import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";

const Note = z.object({ id: z.int(), text: z.string() });

export type Note = z.infer<typeof Note>;

export interface NoteStore {
  add(text: string): Note;
  /** All notes, oldest first. */
  list(): Note[];
  /** Says whether there was such a note. */
  remove(id: number): boolean;
}

export function createNoteStore(database: DatabaseSync): NoteStore {
  const insert = database.prepare("INSERT INTO notes (text) VALUES (?) RETURNING id, text");
  const select = database.prepare("SELECT id, text FROM notes ORDER BY id");
  const remove = database.prepare("DELETE FROM notes WHERE id = ?");
  return {
    add: (text) => Note.parse(insert.get(text)),
    list: () => z.array(Note).parse(select.all()),
    remove: (id) => remove.run(id).changes > 0,
  };
}
