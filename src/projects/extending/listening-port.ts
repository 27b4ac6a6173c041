import type { ProjectView } from './project-view.ts';
import { readSource } from './read-source.ts';

const MOST_FILES = 40;
const PATTERNS = [
  /\.listen\(\s*(?:\{[^}]*?\bport:\s*)?(?:Number\(|parseInt\(|\+)?\s*(?:process\.env\.\w*PORT\w*\s*(?:\|\||\?\?)\s*)?['"]?(\d{2,5})\b/,
  /\bPORT\w*\)?\s*(?:\|\||\?\?)\s*['"]?(\d{2,5})\b/,
  /\b(?:const|let|var)\s+port\s*=\s*['"]?(\d{2,5})\b/i,
  /\.run\([^)]*\bport\s*=\s*(\d{2,5})\b/,
  /(?:getenv|environ\.get)\(\s*["']PORT["']\s*,\s*["']?(\d{2,5})/,
  /["'`](?:0\.0\.0\.0)?:(\d{2,5})["'`]/,
];

/** What the program's own files say about where it listens. */
export interface Listening {
  port: number | null;
  /** It listens for others than its own machine, or can be told to by HOST. */
  isOpen: boolean;
  readsHost: boolean;
}

/** Looks for the port in the source files, the most likely ones first, and then in .env.example. */
export async function findPort(view: ProjectView, source: RegExp, first: string | null): Promise<Listening> {
  const paths = view.paths
    .filter(
      (path) =>
        source.test(path) && !/(?:^|\/)(?:tests?|__tests__|examples?)\/|\.(?:test|spec|d)\./.test(path),
    )
    .toSorted(
      (a, b) => Number(b === first) - Number(a === first) || a.split('/').length - b.split('/').length,
    )
    .slice(0, MOST_FILES);
  let isOpen = false;
  let readsHost = false;
  let port: number | null = null;
  for (const path of [...paths, '.env.example']) {
    if (!view.paths.includes(path)) continue;
    const text = (await readSource(view, path)) ?? '';
    isOpen ||= /0\.0\.0\.0|['"]::['"]/.test(text);
    readsHost ||= /process\.env\.HOST\b/.test(text);
    if (path === '.env.example') port ??= portIn(/^PORT=(\d{2,5})\b/m, text);
    for (const pattern of PATTERNS) port ??= portIn(pattern, text);
  }
  return { port, isOpen, readsHost };
}

function portIn(pattern: RegExp, text: string): number | null {
  const port = Number(pattern.exec(text)?.[1] ?? 0);
  return port > 0 && port < 65_536 ? port : null;
}
