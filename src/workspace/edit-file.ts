import { type ChangeOptions, changeFile, type FileChange, WRITE_LIMIT } from './change-file.ts';
import { applyEdits, type Edit } from './edits.ts';
import { decodeText, encodeText } from './file-text.ts';
import type { WorkspacePath } from './paths.ts';
import type { Space } from './space.ts';

/** What became of an edited file, and how many matches were replaced. */
export interface FileEdit extends FileChange {
  replacements: number;
}

/** Applies edits to a text file, all of them or none; its byte order mark and line endings stay. */
export async function editFile(
  space: Space,
  path: WorkspacePath,
  change: ChangeOptions & { edits: readonly Edit[] },
): Promise<FileEdit> {
  let replacements = 0;
  const done = await changeFile(space, path, {
    ifMatch: change.ifMatch,
    ifNoneMatch: change.ifNoneMatch,
    signal: change.signal,
    async content(present) {
      const { text, bom } = decodeText(present, path.text);
      const edited = await applyEdits(text, change.edits, { longest: WRITE_LIMIT, signal: change.signal });
      replacements = edited.replacements;
      return encodeText({ text: edited.text, bom });
    },
  });
  return { ...done, replacements };
}
