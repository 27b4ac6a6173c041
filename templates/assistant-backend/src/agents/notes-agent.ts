import { z } from "zod";
import type { NoteStore } from "../db/notes.ts";
import { type Agent, defineTool } from "./agent.ts";

/** Keeps what the person wants to have written down. */
export function notesAgent(notes: NoteStore): Agent {
  return {
    name: "notes",
    description: "Keeps the person's notes: writes down, lists and deletes them.",
    instructions: "You keep a person's notes, with your tools alone. Report in one sentence.",
    tools: [
      defineTool({
        name: "add_note",
        description: "Writes down one note.",
        input: z.object({ text: z.string().trim().min(1).max(2_000) }),
        run: ({ text }) => {
          const note = notes.add(text);
          return `Noted as number ${note.id}: ${note.text}`;
        },
      }),
      defineTool({
        name: "list_notes",
        description: "Lists all notes with their numbers, oldest first.",
        input: z.object({}),
        run: () =>
          notes
            .list()
            .map(({ id, text }) => `${id}. ${text}`)
            .join("\n") || "There are no notes.",
      }),
      defineTool({
        name: "delete_note",
        description: "Deletes the note with this number.",
        input: z.object({ id: z.int() }),
        run: ({ id }) => (notes.remove(id) ? `Deleted note ${id}.` : `There is no note ${id}.`),
      }),
    ],
  };
}
