import { posix } from 'node:path';
import type { Plain } from './evaluate-expression.ts';
import type { Framework, TestPlan } from './node-test-plan.ts';
import { quoted, type Style } from './style.ts';
import type { Subject } from './test-subject.ts';

interface Writing {
  plan: TestPlan;
  subject: Subject;
  style: Style;
  /** The test is an ES module. */
  isEsm: boolean;
  isTypescript: boolean;
  /** What the test calls the exported thing. */
  name: string;
}

/** Writes the text of a first test, in the project's own style. */
export function testText(writing: Omit<Writing, 'name'>): string {
  const { plan, subject, style } = writing;
  const all = { ...writing, name: localName(subject) };
  const lines = [
    ...importLines(all),
    '',
    `${plan.framework === 'mocha' ? 'it' : 'test'}(${quoted(title(all), style)}, ${isAsync(all) ? 'async ' : ''}() => {`,
    ...bodyLines(all).map((line) => (line === '' ? line : style.indent + line)),
    '});',
  ];
  const text = lines.map((line) => (style.semicolons ? line : line.replace(/;$/, ''))).join('\n');
  return style.finalNewline ? `${text}\n` : text;
}

/** Names that the test itself uses, and words that can be no name. */
const TAKEN = new Set(
  `index default test it expect assert require response server port fetch Promise undefined arguments await break
  case catch class const continue debugger delete do else enum eval export extends false finally for function if
  implements import in instanceof interface let new null package private protected public return static super
  switch this throw true try typeof var void while with yield`.split(/\s+/),
);

/** `default` has no name of its own; the module's file gives it one. */
function localName({ path, thing, claim }: Subject): string {
  if (thing.name === 'default' && claim.kind === 'route' && !claim.route.isBuilder) return 'app';
  const isTaken =
    TAKEN.has(thing.name) || (thing.name === 'app' && claim.kind === 'route' && claim.route.isBuilder);
  if (thing.name !== 'default') return isTaken ? 'subject' : thing.name;
  const words = posix
    .parse(path)
    .name.split(/[^A-Za-z0-9]+/)
    .filter(Boolean);
  const camel = words
    .map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1)))
    .join('');
  return /^[A-Za-z]/.test(camel) && !TAKEN.has(camel) ? camel : 'subject';
}

function importLines({ plan, subject, style, isEsm, isTypescript, name }: Writing): string[] {
  const { framework, specifier } = plan;
  const isDefault = subject.thing.name === 'default';
  const source = quoted(specifier, style);
  const { name: exported } = subject.thing;
  const renamed = exported === name ? name : `${exported}${isEsm ? ' as' : ':'} ${name}`;
  const binding = isDefault ? name : `{ ${renamed} }`;
  const own = isEsm ? `import ${binding} from ${source};` : `const ${binding} = require(${source});`;
  return [...frameworkLines(framework, { style, isEsm, isTypescript }), own];
}

function frameworkLines(
  framework: Framework,
  { style, isEsm, isTypescript }: Pick<Writing, 'style' | 'isEsm' | 'isTypescript'>,
): string[] {
  const bring = (names: string, from: string) =>
    isEsm
      ? `import ${names} from ${quoted(from, style)};`
      : `const ${names} = require(${quoted(from, style)});`;
  if (framework === 'vitest') return [bring('{ expect, test }', 'vitest')];
  // Jest and Mocha put their functions where each script finds them; types are another matter.
  if (framework === 'jest') return isTypescript ? [bring('{ expect, test }', '@jest/globals')] : [];
  if (framework === 'mocha') return [bring('assert', 'node:assert/strict')];
  return [bring('assert', 'node:assert/strict'), bring('{ test }', 'node:test')];
}

function title({ subject, name }: Writing): string {
  const { claim, thing, path } = subject;
  if (claim.kind === 'call') return `${name}(${claim.args.map(shown).join(', ')}) is ${shown(claim.result)}`;
  if (claim.kind === 'constant') return `${name} is ${shown(claim.value)}`;
  if (claim.kind === 'route') return `GET ${claim.route.path} is answered`;
  const what = thing.kind === 'class' ? 'the class ' : thing.kind === 'function' ? 'the function ' : '';
  return `${posix.basename(path)} exports ${what}${name}`;
}

function shown(value: Plain): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

function isAsync({ subject }: Writing): boolean {
  return subject.claim.kind === 'route';
}

function bodyLines(writing: Writing): string[] {
  const { subject, style, name } = writing;
  const { claim } = subject;
  const written = (value: Plain) => (typeof value === 'string' ? quoted(value, style) : String(value));
  if (claim.kind === 'route') return routeLines(writing);
  if (claim.kind === 'call') {
    return equal(writing, `${name}(${claim.args.map(written).join(', ')})`, written(claim.result));
  }
  if (claim.kind === 'constant') return equal(writing, name, written(claim.value));
  if (claim.kind === 'function') return equal(writing, `typeof ${name}`, quoted('function', style));
  return usesAssert(writing) ? [`assert.notEqual(${name}, undefined);`] : [`expect(${name}).toBeDefined();`];
}

function usesAssert({ plan }: Writing): boolean {
  return plan.framework === 'node' || plan.framework === 'mocha';
}

/** One line of the test's body, or several where it would be longer than the lines of the project are. */
function equal({ plan, style }: Writing, actual: string, expected: string, depth = 1): string[] {
  const usesAsserts = plan.framework === 'node' || plan.framework === 'mocha';
  const [open, inside] = usesAsserts
    ? ['assert.equal(', [actual, expected]]
    : [`expect(${actual}).toBe(`, [expected]];
  const line = `${open}${inside.join(', ')});`;
  const indents = depth * (style.indent === '\t' ? 4 : style.indent.length);
  if (line.length + indents <= style.width) return [line];
  const last = style.finalCommas ? ',' : '';
  return [
    open,
    ...inside.map((part, at) => style.indent + part + (at < inside.length - 1 ? ',' : last)),
    ');',
  ];
}

function routeLines(writing: Writing): string[] {
  const { subject, style, name } = writing;
  if (subject.claim.kind !== 'route') return [];
  const { framework, path, isBuilder } = subject.claim.route;
  const app = isBuilder ? `${name}()` : name;
  const address = quoted(path, style);
  if (framework === 'fastify') {
    return [
      ...(isBuilder ? [`const app = ${app};`] : []),
      `const response = await ${isBuilder ? 'app' : name}.inject(${address});`,
      ...equal(writing, 'response.statusCode', '200'),
      `await ${isBuilder ? 'app' : name}.close();`,
    ];
  }
  if (framework === 'hono') {
    return [
      `const response = await ${app}.request(${address});`,
      ...equal(writing, 'response.status', '200'),
    ];
  }
  const { indent } = style;
  const port = writing.isTypescript ? '(server.address() as { port: number })' : 'server.address()';
  return [
    `const server = ${app}.listen(0);`,
    'try {',
    `${indent}await new Promise((resolve) => server.once(${quoted('listening', style)}, resolve));`,
    `${indent}const { port } = ${port};`,
    `${indent}const response = await fetch(\`http://127.0.0.1:\${port}${path}\`);`,
    ...equal(writing, 'response.status', '200', 2).map((line) => indent + line),
    '} finally {',
    `${indent}server.close();`,
    '}',
  ];
}
