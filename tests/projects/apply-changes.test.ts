import { expect, it } from 'vitest';
import { ProblemError } from '../../src/errors.ts';
import { applyChanges } from '../../src/projects/apply-changes.ts';
import type { Workspace } from '../../src/workspace/workspace.ts';

/** A workspace in which the file `last` cannot be written, and of which only this is used. */
function workspaceThatFails(undo: (id: string) => Promise<void>): Workspace {
  const write = async (path: string) => {
    if (path === 'last') throw new ProblemError('name_collision', 'It cannot stand there.');
    return { id: path, path, operation: 'created' };
  };
  return { write, changes: { undo } } as unknown as Workspace;
}

const files = ['one', 'two', 'last'].map((path) => ({ path, content: 'x', previous: null }));

it('takes away again what was written, the latest first, and tells the failure', async () => {
  const undone: string[] = [];
  const workspace = workspaceThatFails(async (id) => void undone.push(id));
  await expect(applyChanges(workspace, files)).rejects.toThrow('It cannot stand there.');
  expect(undone).toEqual(['two', 'one']);
});

it('goes on taking away when one stays, and tells both', async () => {
  const undone: string[] = [];
  const workspace = workspaceThatFails(async (id) => {
    if (id === 'two') throw new ProblemError('changed_since', 'Somebody was there.');
    undone.push(id);
  });
  const failure = applyChanges(workspace, files);
  await expect(failure).rejects.toMatchObject({ code: 'name_collision' });
  await expect(failure).rejects.toThrow(
    /cannot stand there\. Of what was written before, 1 could not be taken away/,
  );
  expect(undone).toEqual(['one']);
});
