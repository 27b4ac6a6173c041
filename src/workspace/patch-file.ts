import { type ChangeOptions, changeFile, type FileChange } from './change-file.ts';
import type { WorkspacePath } from './sandbox/paths.ts';
import type { Space } from './sandbox/space.ts';
import { decodeText, encodeText } from './text/file-text.ts';
import { type AppliedHunk, applyPatch } from './text/patches.ts';

/** What became of a patched file, and where each hunk was applied. */
export interface FilePatch extends FileChange {
  hunks: AppliedHunk[];
}

/** Applies a unified diff to a text file, all of it or nothing; its encoding and line endings stay. */
export async function patchFile(
  space: Space,
  path: WorkspacePath,
  change: ChangeOptions & { patch: string },
): Promise<FilePatch> {
  let hunks: AppliedHunk[] = [];
  const { patch, ...conditions } = change;
  const done = await changeFile(space, path, {
    ...conditions,
    async content(present) {
      const { text, encoding } = decodeText(present, path.text);
      const patched = applyPatch(text, patch, path.text);
      hunks = patched.hunks;
      return encodeText({ text: patched.text, encoding }, path.text);
    },
  });
  return { ...done, hunks };
}
