import { mkdir, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { HISTORY_FOLDER } from '../../src/workspace/journal/history.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';
import { createSandbox, type Sandbox } from './sandbox.ts';
import { type Tree, WorkspaceModel } from './undo-model.ts';

/** One step, as it is done to the model and to the workspace. */
type Step = (world: { model: WorkspaceModel; sandbox: Sandbox; ids: string[] }) => Promise<void>;

const path = fc
  .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 })
  .map((names) => names.join('/'));
const content = fc.constantFrom('', 'one', 'two\n', 'three\r\nthree', 'ñ');

/** The same operation on both; the workspace refuses what the model refuses, and the journal has what the model has. */
function both(
  inModel: (model: WorkspaceModel) => void,
  inWorkspace: (workspace: Workspace, ids: string[]) => Promise<unknown>,
): Step {
  return async ({ model, sandbox, ids }) => {
    const isDone = model.attempt(inModel);
    const outcome = await inWorkspace(sandbox.workspace, ids).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome !== undefined && !(outcome instanceof ProblemError)) throw outcome;
    expect(outcome?.message, 'what was refused').toEqual(isDone ? undefined : expect.any(String));
    for (const change of (await sandbox.workspace.changes.list({ limit: 1000 })).toReversed())
      if (!ids.includes(change.id)) ids.push(change.id);
  };
}

const write = fc.tuple(path, content).map(([at, text]) =>
  both(
    (model) => model.write(at, text),
    (workspace) => workspace.write(at, Buffer.from(text)),
  ),
);
const makeFolder = path.map((at) =>
  both(
    (model) => model.makeFolder(at),
    (workspace) => workspace.makeFolder(at),
  ),
);
const remove = fc.tuple(path, fc.boolean()).map(([at, recursive]) =>
  both(
    (model) => model.remove(at, recursive),
    (workspace) => workspace.remove(at, { recursive }),
  ),
);
const move = fc.tuple(path, path, fc.boolean()).map(([from, to, overwrite]) =>
  both(
    (model) => model.move(from, to, overwrite),
    (workspace) => workspace.move(from, to, { overwrite }),
  ),
);
const copy = fc.tuple(path, path, fc.boolean()).map(([from, to, overwrite]) =>
  both(
    (model) => model.copy(from, to, overwrite),
    (workspace) => workspace.copy(from, to, { overwrite }),
  ),
);
/** Any change so far, whether it was undone before or not. */
const undo = fc.nat().map(
  (number): Step =>
    async (world) => {
      if (world.ids.length === 0) return;
      const index = number % world.ids.length;
      await both(
        (model) => model.undo(index),
        (workspace, ids) => workspace.changes.undo(ids[index] ?? ''),
      )(world);
    },
);
const writeOutside = fc.tuple(path, content).map(
  ([at, text]): Step =>
    async ({ model, sandbox }) => {
      if (model.writeOutside(at, text)) await writeFile(join(sandbox.root, at), text);
    },
);
const removeOutside = path.map(
  (at): Step =>
    async ({ model, sandbox }) => {
      if (model.removeOutside(at)) await unlink(join(sandbox.root, at));
    },
);

const anyStep = fc.oneof(
  { weight: 5, arbitrary: write },
  { weight: 2, arbitrary: makeFolder },
  { weight: 3, arbitrary: remove },
  { weight: 5, arbitrary: move },
  { weight: 3, arbitrary: copy },
  { weight: 10, arbitrary: undo },
  { weight: 1, arbitrary: writeOutside },
  { weight: 1, arbitrary: removeOutside },
);

async function contentsOf(root: string, prefix = ''): Promise<[string, string | null][]> {
  const entries = await readdir(join(root, prefix), { withFileTypes: true });
  const found = await Promise.all(
    entries
      .filter(({ name }) => prefix !== '' || name !== HISTORY_FOLDER)
      .map(async (entry): Promise<[string, string | null][]> => {
        const at = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
        if (!entry.isDirectory()) return [[at, await readFile(join(root, at), 'utf8')]];
        return [[at, null], ...(await contentsOf(root, at))];
      }),
  );
  return found.flat().sort();
}

function contentsOfModel(tree: Tree): [string, string | null][] {
  return [...tree]
    .map(([at, node]): [string, string | null] => [at, node.type === 'file' ? node.content : null])
    .sort();
}

test('1,000 random operations, undone in random order, leave what the model says', {
  timeout: 300_000,
}, async () => {
  let steps = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { minLength: 70, maxLength: 140 }), async (given) => {
      const world = { model: new WorkspaceModel(), sandbox: await createSandbox(), ids: [] as string[] };
      for (const step of given) {
        await step(world);
        expect(await contentsOf(world.sandbox.root)).toEqual(contentsOfModel(world.model.tree));
        steps += 1;
      }
      expect(world.ids.length).toBe(world.model.changes.length);
    }),
    { numRuns: 14, endOnFailure: true },
  );
  expect(steps).toBeGreaterThanOrEqual(980);
});

test('undoing all changes, the last one first, gives back the workspace as it was', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(write, makeFolder, remove, move, copy), { minLength: 10, maxLength: 30 }),
      async (given) => {
        const world = { model: new WorkspaceModel(), sandbox: await createSandbox(), ids: [] as string[] };
        const { root, workspace } = world.sandbox;
        await mkdir(join(root, dirname('a/b')), { recursive: true });
        await writeFile(join(root, 'a', 'c'), 'was there before');
        const before = await contentsOf(root);
        for (const operation of given) {
          // The model does not know what was there before; here only the way back counts.
          world.model = new WorkspaceModel();
          await operation(world).catch(() => undefined);
        }
        const changes = await workspace.changes.list({ limit: 1000 });
        for (const { id } of changes) await workspace.changes.undo(id);
        expect(await contentsOf(root)).toEqual(before);
      },
    ),
    { numRuns: 10, endOnFailure: true },
  );
});
