import { posix } from 'node:path';
import type { Draft } from './draft.ts';
import { type GoFunction, goFunctionsOf } from './go-source.ts';
import { readSource } from './read-source.ts';

const MOST_FILES = 60;

/** Plans a first test beside the Go code, in its own package. */
export async function addGoTest(draft: Draft): Promise<void> {
  const { view } = draft.project;
  let best: { path: string; packageName: string; found: GoFunction } | null = null;
  for (const path of view.paths.filter(isCode).slice(0, MOST_FILES)) {
    const text = (await readSource(view, path)) ?? '';
    const packageName = /^package (\w+)/m.exec(text)?.[1];
    // A file for one system only may not be compiled at all.
    if (packageName === undefined || /^\/\/go:build /m.test(text)) continue;
    for (const found of goFunctionsOf(text)) {
      if (best === null || rankOf(found) < rankOf(best.found)) best = { path, packageName, found };
    }
  }
  if (best === null) {
    draft.assumptions.push(
      'No test was added: there is no function besides main. Move what is worth a test into one.',
    );
    return;
  }
  const { path, packageName, found } = best;
  const lines = [`package ${packageName}`, '', ...testLines(found)];
  draft.add(path.replace(/\.go$/, '_test.go'), `${lines.join('\n')}\n`);
  draft.assumptions.push(`The test is in the package of ${path} and needs nothing besides go test.`);
  draft.run.push('go test ./...');
}

function isCode(path: string): boolean {
  return (
    path.endsWith('.go') &&
    !/_test\.go$|(?:^|\/)(?:vendor|testdata)\/|\.pb\.go$|_gen\.go$/.test(path) &&
    !isForOneSystem(path)
  );
}

function isForOneSystem(path: string): boolean {
  return /_(?:windows|linux|darwin|unix|js|wasm|amd64|arm64|plan9|freebsd)\.go$/.test(posix.basename(path));
}

function rankOf({ call, isExported }: GoFunction): number {
  return (call ? 0 : 2) + (isExported ? 0 : 1);
}

/** A function whose result is not known is looked at by its type, which `go vet` does not take for a mistake. */
function testLines({ name, call, parameterCount }: GoFunction): string[] {
  const title = `Test${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  if (call) {
    const written = `${name}(${call.args.map((value) => JSON.stringify(value)).join(', ')})`;
    const expected = JSON.stringify(call.result);
    const verb = typeof call.result === 'string' ? '%q' : '%v';
    return [
      'import "testing"',
      '',
      `func ${title}(t *testing.T) {`,
      `\tif got := ${written}; got != ${expected} {`,
      `\t\tt.Errorf(${JSON.stringify(`${written} = ${verb}, want ${expected}`.replace(/%(?![qv])/g, '%%'))}, got)`,
      '\t}',
      '}',
    ];
  }
  return [
    'import (',
    '\t"reflect"',
    '\t"testing"',
    ')',
    '',
    `func ${title}(t *testing.T) {`,
    `\tif got := reflect.TypeOf(${name}).NumIn(); got != ${parameterCount} {`,
    `\t\tt.Errorf("${name} takes %d parameters, want ${parameterCount}", got)`,
    '\t}',
    '}',
  ];
}
