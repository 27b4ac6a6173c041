import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { COMMAND_LIMIT_MS, languageOf, openWorkplace, whatIsMissing } from './toolchains.ts';

interface ListedTemplate {
  id: string;
  source: 'builtin' | 'workspace';
  checks: string[];
  fault: string | null;
}

// Installs packages from the network and takes minutes: `.ci/run` runs this file alone.
const isAsked = process.env.TEST_TEMPLATES === '1';
const title = `a project made of a template${isAsked ? '' : ': only tested when TEST_TEMPLATES=1, because it installs packages'}`;
/** Of projects at a time, because each keeps a core or two busy. */
const AT_ONCE = 2;
/** What a careless template would break at: quotes, an ampersand and a tag. */
const DESCRIPTION = 'He said "go" & <left>';

vi.setConfig({ maxConcurrency: AT_ONCE });
// Each template has a test of its own, so they have to be known before the tests start.
const app = isAsked ? await startTestApp() : undefined;
const listed: ListedTemplate[] = app ? (await app.get('/project-creator/templates')).body : [];
const templates = listed.filter(({ source }) => source === 'builtin');
afterAll(() => app?.stop());

/** Makes a project in a folder that only it has; the answer says where it is. */
async function makeProject(template: string, folder: string) {
  const variables = { description: DESCRIPTION };
  const wanted = { name: 'Mi Tienda 2', template, folder, variables };
  const { status, body } = await runningApp().post('/project-creator/projects', wanted);
  expect(status, JSON.stringify(body)).toBe(201);
  return { path: join(runningApp().workspace, body.path), change: body.change };
}

function runningApp() {
  if (!app) throw new Error('no server was started');
  return app;
}

describe.skipIf(!isAsked)(title, () => {
  it('can be made of several templates, of which none is broken', () => {
    expect(templates.length).toBeGreaterThan(5);
    expect(listed.filter(({ fault }) => fault !== null)).toEqual([]);
  });

  it('is gone when its one change is undone', async () => {
    for (const { id } of templates) {
      const { path, change } = await makeProject(id, `undone/${id}`);
      await access(path);
      const { status, body } = await runningApp().post(`/file-admin/changes/${change.id}/undo`, {});
      expect(status, JSON.stringify(body)).toBe(200);
      await expect(access(path), id).rejects.toThrow('ENOENT');
    }
  });

  for (const { id, checks } of templates) {
    const timeout = (checks.length + 2) * COMMAND_LIMIT_MS;
    it.concurrent(`passes the checks of ${id}`, { timeout }, async ({ skip }) => {
      const language = languageOf(checks);
      const missing = await whatIsMissing(language);
      skip(missing !== undefined, missing);
      const { path } = await makeProject(id, `tested/${id}`);
      const workplace = await openWorkplace(language, path);
      try {
        expect(checks.length).toBeGreaterThan(1);
        for (const command of checks) await workplace.run(command);
        // It names what is not formatted, and ends well all the same.
        if (language === 'go') expect(await workplace.run('gofmt -l .')).toBe('');
      } finally {
        await workplace.remove();
      }
    });
  }
});
