import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ProjectFile } from '../blueprint/blueprint.ts';

/** Has files in a private folder of the host while something looks at them; their paths were checked before. */
export async function withTemporaryCopy<Result>(
  files: readonly ProjectFile[],
  look: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'tertulia-verify-')));
  try {
    for (const { path, content } of files) {
      const target = join(folder, path);
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, content, { flag: 'wx' });
    }
    return await look(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
