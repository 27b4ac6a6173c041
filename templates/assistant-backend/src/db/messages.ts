import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";

export const Message = z.object({
  id: z.int(),
  role: z.enum(["user", "assistant"]),
  content: z.string(),
  createdAt: z.iso.datetime(),
});

export type Message = z.infer<typeof Message>;

export interface NewMessage {
  session: string;
  role: Message["role"];
  content: string;
}

export interface MessageStore {
  add(message: NewMessage): Message;
  /** The last messages of a session, oldest first. */
  latest(session: string, limit: number): Message[];
}

const COLUMNS = "id, role, content, created_at AS createdAt";

export function createMessageStore(database: DatabaseSync): MessageStore {
  const insert = database.prepare(
    `INSERT INTO messages (session, role, content, created_at) VALUES (?, ?, ?, ?)
     RETURNING ${COLUMNS}`,
  );
  const selectLatest = database.prepare(
    `SELECT ${COLUMNS} FROM messages WHERE session = ? ORDER BY id DESC LIMIT ?`,
  );
  return {
    add({ session, role, content }) {
      return Message.parse(insert.get(session, role, content, new Date().toISOString()));
    },
    latest(session, limit) {
      return z.array(Message).parse(selectLatest.all(session, limit)).reverse();
    },
  };
}
