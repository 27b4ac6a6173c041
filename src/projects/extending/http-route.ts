import { closingBracket } from './blank-script.ts';
import type { ExportedThing, ScriptModule } from './script-module.ts';

/** A route of an exported HTTP app that surely answers with 200. */
export interface Route {
  framework: 'fastify' | 'express' | 'hono';
  path: string;
  /** The exported thing is a function that makes the app. */
  isBuilder: boolean;
}

const FRAMEWORKS = [
  ['fastify', /\b[Ff]astify\s*\(/],
  ['express', /\bexpress\s*\(\s*\)/],
  ['hono', /\bnew\s+Hono\b/],
] as const;
const LIKELY = ['/health', '/healthz', '/ping', '/'];
/** With these a request may end otherwise than its handler says. */
const INTERFERES =
  /\.addHook\s*\(|\.use\s*\((?!\s*(?:express\.(?:json|urlencoded|static)|helmet|cors|compression|morgan|logger)\b)/;
/** A handler with one of these may answer with something else than 200, or depends on something. */
const UNSURE =
  /\b(?:await|throw|status|statusCode|code|redirect|params|query|body|headers|sendFile|render|new|if|process|req\.\w+)\b/;
const ANSWERS =
  /\b(?:res|response|reply|c|context|ctx)\s*\.\s*(?:send|json|end|text|html)\s*\(|=>\s*\(?\s*[{'"`]|\breturn\b/;

/** Null where the thing is no app, or where no route of its own module is simple enough to be sure of. */
export function findRoute(
  thing: ExportedThing,
  module: ScriptModule,
  packages: Record<string, string>,
): Route | null {
  const found = FRAMEWORKS.find(
    ([name, makes]) => Object.hasOwn(packages, name) && makes.test(module.blanked),
  );
  if (!found || INTERFERES.test(module.blanked)) return null;
  const [framework] = found;
  const isBuilder = thing.kind === 'function';
  if (isBuilder && !isAppBuilder(thing.name, module)) return null;
  if (!isBuilder && !/app|server|api/i.test(thing.name) && thing.name !== 'default') return null;
  if (thing.kind === 'class') return null;
  const paths = safePaths(module);
  const path = LIKELY.find((likely) => paths.includes(likely)) ?? paths[0];
  return path === undefined ? null : { framework, path, isBuilder };
}

/** A function without parameters that makes an app: `buildApp()`. */
function isAppBuilder(name: string, { blanked }: ScriptModule): boolean {
  const match = new RegExp(`\\bfunction\\s+${name.replaceAll('$', '\\$')}\\s*\\(\\s*\\)[^{\\n]*\\{`).exec(
    blanked,
  );
  if (!match || /async/.test(blanked.slice(Math.max(0, match.index - 8), match.index))) return false;
  const open = match.index + match[0].length - 1;
  const body = blanked.slice(open, closingBracket(blanked, open) + 1);
  return (
    FRAMEWORKS.some(([, makes]) => makes.test(body)) && /\breturn\b/.test(body) && !/\.listen\s*\(/.test(body)
  );
}

function safePaths({ text, blanked }: ScriptModule): string[] {
  return [...blanked.matchAll(/\b\w+\.get\s*\(\s*(['"]) *\1\s*,/g)].flatMap((match) => {
    const open = match.index + match[0].indexOf('(');
    const close = closingBracket(blanked, open);
    const path = /['"](\/[\w./-]*)['"]/.exec(text.slice(open, match.index + match[0].length))?.[1];
    const handler = close < 0 ? '' : blanked.slice(match.index + match[0].length, close);
    const isOneHandler = /^\s*(?:async\s*)?(?:function\b|\(|[a-z_]\w*\s*=>)/.test(handler);
    const isSure = isOneHandler && ANSWERS.test(handler) && !UNSURE.test(handler);
    return path !== undefined && isSure ? [path] : [];
  });
}
