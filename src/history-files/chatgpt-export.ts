import { z } from 'zod';

/** Seconds since 1970, as the export has them; nothing that a date cannot hold. */
const seconds = z.number().min(0).max(253_402_300_799);

const message = z.object({
  author: z.object({ role: z.string() }),
  create_time: seconds.nullish(),
  content: z.object({ content_type: z.string(), parts: z.array(z.unknown()).nullish() }).nullish(),
  recipient: z.string().nullish(),
  metadata: z.object({ is_visually_hidden_from_conversation: z.boolean().nullish() }).nullish(),
});

/** The members of a conversation that are read; the export has many more, and gets new ones. */
export const conversation = z.object({
  id: z.string().nullish(),
  conversation_id: z.string().nullish(),
  title: z.string().nullish(),
  create_time: seconds.nullish(),
  current_node: z.string().nullish(),
  mapping: z.record(z.string(), z.object({ message: message.nullish(), parent: z.string().nullish() })),
});

export type Conversation = z.infer<typeof conversation>;
export type ChatGPTMessage = z.infer<typeof message>;

/** A part of a message that is not plain text; a spoken one brings its words along. */
export const mediaPart = z.object({ content_type: z.string(), text: z.string().nullish() });
