import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { z } from 'zod';

/** The licences that are offered, by their SPDX identifiers. */
export const OFFERED_LICENSES = [
  'MIT',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MPL-2.0',
  'GPL-3.0-only',
  'GPL-3.0-or-later',
  'AGPL-3.0-only',
  'Unlicense',
  '0BSD',
] as const;

export type OfferedLicense = (typeof OFFERED_LICENSES)[number];

const licenseFile = z.object({ licenseText: z.string() });

/** How the notice of each licence begins; the others have none, or one that is not to be changed. */
const NOTICES: Partial<Record<OfferedLicense, { title: string; notice: RegExp }>> = {
  MIT: { title: 'MIT License', notice: /^MIT License\s+Copyright \(c\) <year> <copyright holders>\s*/ },
  'BSD-2-Clause': { title: 'BSD 2-Clause License', notice: /^Copyright \(c\) <year> <owner>\.?\s*/ },
  'BSD-3-Clause': { title: 'BSD 3-Clause License', notice: /^Copyright \(c\) <year> <owner>\.?\s*/ },
  // The text of the list is the one that its first user wrote.
  ISC: { title: 'ISC License', notice: /^ISC License:?\s+(?:Copyright[^\n]*\n)+\s*/ },
  '0BSD': { title: 'BSD Zero Clause License', notice: /^Copyright \(C\) YEAR by AUTHOR EMAIL\s*/ },
};

/** Whether the text of a licence names who holds the rights. */
export function namesHolder(id: OfferedLicense): boolean {
  return id in NOTICES || id === 'Apache-2.0';
}

/** The whole text of a licence with the year and the holder in their places; lines end with `\n`. */
export async function licenseText(
  id: OfferedLicense,
  { year, holder }: { year: number; holder: string },
): Promise<string> {
  const require = createRequire(import.meta.url);
  const path = require.resolve(`spdx-license-list/licenses/${id}.json`);
  const { licenseText: listed } = licenseFile.parse(JSON.parse(await readFile(path, 'utf8')));
  const text = listed
    .replaceAll('\r\n', '\n')
    .replace(/[ \t]+$/gm, '')
    .trim();
  return `${filled(id, text, { year: String(year), holder })}\n`;
}

function filled(
  id: OfferedLicense,
  text: string,
  { year, holder }: { year: string; holder: string },
): string {
  const known = NOTICES[id];
  if (known) {
    if (!known.notice.test(text)) throw new Error(`the text of the licence ${id} begins in an unknown way`);
    const notice = `${known.title}\n\nCopyright (c) ${year} ${holder}\n\n`;
    const own = text.replace(known.notice, () => notice);
    return id === 'ISC'
      ? own
          .replace('AND ISC DISCLAIMS', 'AND THE AUTHOR DISCLAIMS')
          .replace('SHALL ISC BE', 'SHALL THE AUTHOR BE')
      : own;
  }
  if (id === 'Apache-2.0') {
    return text.replace('Copyright [yyyy] [name of copyright owner]', () => `Copyright ${year} ${holder}`);
  }
  // A line of the list's text is broken in the midst of a sentence.
  return id === 'Unlicense' ? text.replace('heirs and\nsuccessors', 'heirs and successors') : text;
}
