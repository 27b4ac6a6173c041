import { z } from "zod";

export const Task = z.object({
  id: z.uuid(),
  title: z.string(),
  done: z.boolean(),
  createdAt: z.iso.datetime(),
});

export const NewTask = z.strictObject({
  title: z.string().trim().min(1).max(200),
});

export const TaskChange = NewTask.extend({ done: z.boolean() }).partial();

export type Task = z.infer<typeof Task>;
export type NewTask = z.infer<typeof NewTask>;
export type TaskChange = z.infer<typeof TaskChange>;
