import type { IsolationCase } from '../isolation-case.ts';
import {
  makeApproval,
  makeChange,
  makeDocument,
  makeFile,
  makeProject,
  makeTemplate,
  makeZip,
} from '../things.ts';
import { WORD } from '../world.ts';

const files: IsolationCase[] = [
  {
    route: 'GET /file-admin/files/{*}',
    make: makeFile,
    request: ({ path }) => ({ path: `/file-admin/files/${path}` }),
    others: 'unknown',
  },
  {
    route: 'GET /file-admin/files/{*}',
    about: 'of the folder of all users',
    request: () => ({ path: '/file-admin/files/?recursive=true&all=true' }),
    others: 'own',
  },
  {
    route: 'PUT /file-admin/files/{*}',
    make: makeFile,
    request: ({ path }) => ({ path: `/file-admin/files/${path}`, body: Buffer.from('Hi') }),
    others: 'own',
    restore: async ({ clients }, who) => {
      if (!who.includes('bob')) return;
      const { body } = await clients.bob.get('/file-admin/files/');
      for (const { path } of body.entries)
        await clients.bob.call('DELETE', `/file-admin/files/${path}?recursive=true`);
    },
  },
  {
    route: 'PATCH /file-admin/files/{*}',
    make: makeFile,
    request: ({ path }) => ({
      path: `/file-admin/files/${path}`,
      body: { edits: [{ find: WORD, replace: 'tulip' }] },
    }),
    others: 'unknown',
  },
  {
    route: 'DELETE /file-admin/files/{*}',
    make: makeFile,
    request: ({ path }) => ({ path: `/file-admin/files/${path}` }),
    others: 'unknown',
  },
];

const changes: IsolationCase[] = [
  {
    route: 'GET /file-admin/changes',
    make: makeChange,
    request: ({ path }) => ({ path: `/file-admin/changes?path=${path}` }),
    others: 'own',
  },
  {
    route: 'GET /file-admin/changes',
    about: 'of a run',
    make: makeApproval,
    request: ({ run }) => ({ path: `/file-admin/changes?run_id=${run}` }),
    others: 'own',
  },
  {
    route: 'GET /file-admin/changes/{id}',
    make: makeChange,
    request: ({ change }) => ({ path: `/file-admin/changes/${change}` }),
    others: 'unknown',
  },
  {
    route: 'POST /file-admin/changes/{id}/undo',
    make: makeChange,
    request: ({ change }) => ({ path: `/file-admin/changes/${change}/undo` }),
    others: 'unknown',
  },
  {
    route: 'POST /file-admin/changes/undo',
    make: async (world) => {
      const { run = '', approval } = await makeApproval(world);
      await world.clients.ana.post(`/runs/${run}/approvals/${approval}`, { decision: 'approve' });
      return { run };
    },
    request: ({ run }) => ({ path: '/file-admin/changes/undo', body: { run_id: run } }),
    others: 'unknown',
  },
];

const work: IsolationCase[] = [
  {
    route: 'POST /file-admin/search',
    make: makeFile,
    request: () => ({ path: '/file-admin/search', body: { text: WORD } }),
    others: 'own',
  },
  {
    route: 'POST /file-admin/move',
    make: makeFile,
    request: ({ path }) => ({ path: '/file-admin/move', body: { from: path, to: `moved/${path}` } }),
    others: 'unknown',
  },
  {
    route: 'POST /file-admin/copy',
    make: makeFile,
    request: ({ path }) => ({ path: '/file-admin/copy', body: { from: path, to: `copied/${path}` } }),
    others: 'unknown',
  },
  {
    route: 'POST /file-admin/folders',
    make: async ({ newName }) => ({ path: newName() }),
    request: ({ path }) => ({ path: '/file-admin/folders', body: { path } }),
    others: 'own',
  },
  {
    route: 'POST /file-admin/archive',
    make: makeFile,
    request: ({ path }) => ({ path: '/file-admin/archive', body: { paths: [path], to: `${path}.zip` } }),
    others: 'unknown',
  },
  {
    route: 'POST /file-admin/unpack',
    make: makeZip,
    request: ({ path }) => ({ path: '/file-admin/unpack', body: { path } }),
    others: 'unknown',
  },
  {
    route: 'GET /file-admin/compare',
    make: makeFile,
    request: ({ path }) => ({ path: `/file-admin/compare?from=${path}&to=${path}` }),
    others: 'unknown',
  },
];

const documents: IsolationCase[] = [
  {
    route: 'POST /file-consultant/documents',
    make: makeFile,
    request: ({ path }) => ({ path: '/file-consultant/documents', body: { path } }),
    others: 'unknown',
  },
  {
    route: 'GET /file-consultant/documents',
    make: makeDocument,
    request: () => ({ path: '/file-consultant/documents' }),
    others: 'own',
  },
  {
    route: 'GET /file-consultant/documents/{id}',
    make: makeDocument,
    request: ({ document }) => ({ path: `/file-consultant/documents/${document}` }),
    others: 'unknown',
  },
  {
    route: 'DELETE /file-consultant/documents/{id}',
    make: makeDocument,
    request: ({ document }) => ({ path: `/file-consultant/documents/${document}` }),
    others: 'unknown',
  },
  {
    route: 'GET /file-consultant/documents/{id}/passages',
    make: makeDocument,
    request: ({ document }) => ({ path: `/file-consultant/documents/${document}/passages` }),
    others: 'unknown',
  },
  {
    route: 'GET /file-consultant/documents/{id}/events',
    make: makeDocument,
    request: ({ document }) => ({ path: `/file-consultant/documents/${document}/events` }),
    others: 'unknown',
  },
  {
    route: 'POST /file-consultant/search',
    make: makeDocument,
    request: () => ({ path: '/file-consultant/search', body: { query: WORD } }),
    others: 'own',
  },
];

const projects: IsolationCase[] = [
  {
    route: 'GET /project-creator/templates',
    make: makeTemplate,
    request: () => ({ path: '/project-creator/templates' }),
    others: 'own',
  },
  {
    route: 'POST /project-creator/projects',
    make: async ({ newName }) => ({ name: newName() }),
    request: ({ name }) => ({ path: '/project-creator/projects', body: { name, template: 'static-site' } }),
    others: 'own',
  },
  {
    route: 'POST /project-creator/projects',
    about: 'of a template of her own',
    make: async (world) => {
      await makeTemplate(world);
      return { name: world.newName(), template: 'anas' };
    },
    request: ({ name, template }) => ({ path: '/project-creator/projects', body: { name, template } }),
    others: 'unknown',
  },
  {
    route: 'POST /project-creator/extensions',
    make: makeProject,
    request: ({ path }) => ({ path: '/project-creator/extensions', body: { path, add: ['license'] } }),
    others: 'unknown',
  },
];

/** The files: the workspace, its changes, documents and projects. */
export const FILES: IsolationCase[] = [...files, ...changes, ...work, ...documents, ...projects];
