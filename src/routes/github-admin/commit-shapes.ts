import { z } from 'zod';
import type { ChangedFile } from '../../github/operations/changed-files.ts';

export const commitShape = z.object({
  sha: z.string(),
  message: z.string(),
  author: z.string().describe('The account, or the name in the commit if it belongs to none'),
  date: z.string().nullable(),
  parents: z.array(z.string()),
  url: z.string(),
});

/** A file of a pull request or of a comparison. */
export const changedFileShape = z.object({
  path: z.string(),
  previous_path: z.string().nullable(),
  status: z.string(),
  additions: z.number(),
  deletions: z.number(),
  patch: z
    .string()
    .nullable()
    .describe('A unified diff; null for binary files, and where the files before it have used up the room'),
});

export function showChangedFile({ previousPath, ...same }: ChangedFile): z.infer<typeof changedFileShape> {
  return { ...same, previous_path: previousPath };
}
