import { type ChangeOptions, changeFile, type FileChange, WRITE_LIMIT } from './change-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import type { Space } from './sandbox/space.ts';
import { applyEdits, type Edit, type EditMatches } from './text/edits.ts';
import { decodeText, encodeText } from './text/file-text.ts';

/** What became of an edited file, how many matches were replaced, and what each edit matched, in their order. */
export interface FileEdit extends FileChange {
  replacements: number;
  edits: EditMatches[];
}

/** Applies edits to a text file, all of them or none; its encoding and line endings stay. */
export async function editFile(
  space: Space,
  path: WorkspacePath,
  change: ChangeOptions & { edits: readonly Edit[] },
): Promise<FileEdit> {
  let replacements = 0;
  let edits: EditMatches[] = [];
  const done = await changeFile(space, path, {
    ifMatch: change.ifMatch,
    ifNoneMatch: change.ifNoneMatch,
    signal: change.signal,
    async content(present) {
      const { text, encoding } = decodeText(present, path.text);
      const edited = await applyEdits(text, change.edits, { longest: WRITE_LIMIT, signal: change.signal });
      ({ replacements, edits } = edited);
      return encodeText({ text: edited.text, encoding }, path.text);
    },
  });
  return { ...done, replacements, edits };
}
