import { describe, expect, test } from 'vitest';
import {
  COMMONJS_SERVICE,
  extend,
  type Files,
  FLASK_SERVICE,
  GO_SERVICE,
  PYTHON_PACKAGE,
  STATIC_SITE,
  TYPESCRIPT_SERVICE,
  VITE_SITE,
} from './sample-projects.ts';

async function dockerfile(files: Files) {
  const { text, assumptions, run, files: planned } = await extend(files, ['dockerfile']);
  const content = text('Dockerfile').replaceAll('\r\n', '\n');
  const stages = content.split(/^(?=FROM )/m);
  return { content, last: stages.at(-1) ?? '', stages, assumptions, run, planned };
}

/** TYPESCRIPT_SERVICE with some fields of its package.json replaced. */
function service(fields: Record<string, unknown>, more: Files = {}): Files {
  const manifest = JSON.parse(TYPESCRIPT_SERVICE['package.json'] ?? '');
  return { ...TYPESCRIPT_SERVICE, 'package.json': JSON.stringify({ ...manifest, ...fields }), ...more };
}

describe('the image of a Node program', () => {
  test('is built in stages, and has packages for production only, no root and its port', async () => {
    const { stages, last, run } = await dockerfile(TYPESCRIPT_SERVICE);
    expect(stages).toHaveLength(3);
    expect(stages[0]).toBe(
      'FROM node:24-slim AS build\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n\n',
    );
    expect(stages[1]).toContain('RUN npm ci --omit=dev\n');
    expect(last).toBe(
      'FROM node:24-slim\nENV NODE_ENV=production\nWORKDIR /app\nCOPY package.json ./\nCOPY --from=build /app/dist ./dist\nCOPY --from=dependencies /app/node_modules ./node_modules\nUSER node\nEXPOSE 3100\nCMD ["node", "dist/server.js"]\n',
    );
    expect(run).toContain('docker run --rm -p 3100:3100 price-service');
  });

  test('has one stage and no installation where there is neither a build nor a package', async () => {
    const { content } = await dockerfile(COMMONJS_SERVICE);
    expect(content).toBe(
      'FROM node:24-slim\nENV NODE_ENV=production\nWORKDIR /app\nCOPY . .\nUSER node\nEXPOSE 8090\nCMD ["node", "index.js"]\n',
    );
  });

  test('copies no node_modules where nothing is needed in production', async () => {
    const { content } = await dockerfile(service({ dependencies: {} }));
    expect(content).not.toContain('AS dependencies');
    expect(content).not.toContain('node_modules');
  });

  test('installs after everything is copied where an installation runs scripts of the project', async () => {
    const { stages } = await dockerfile(
      service({ scripts: { build: 'tsc', start: 'node dist/server.js', prepare: 'husky' } }),
    );
    expect(stages[0]).toMatch(/COPY \. \.\nRUN npm ci\nRUN npm run build/);
    expect(stages[1]).toContain('RUN npm pkg delete scripts.prepare && npm ci --omit=dev');
  });

  test('starts other commands through npm, without a shell around it', async () => {
    const { last } = await dockerfile(
      service({ scripts: { build: 'next build', start: 'next start -p $PORT' } }),
    );
    expect(last).toContain('CMD ["npm", "start"]');
    expect(last).toContain('COPY --from=build /app ./\n');
  });

  test('takes the environment of a file for development out of the command', async () => {
    const scripts = { start: 'node --env-file=.env --watch src/server.ts' };
    expect((await dockerfile(service({ scripts }))).last).toContain('CMD ["node", "src/server.ts"]');
  });

  test('is told when the server can be reached from its own machine only', async () => {
    const closed = { ...TYPESCRIPT_SERVICE, 'src/server.ts': 'await app.listen({ port: 3100 });\n' };
    expect((await dockerfile(closed)).assumptions.join()).toContain('0.0.0.0');
    expect((await dockerfile(TYPESCRIPT_SERVICE)).assumptions.join()).not.toContain('0.0.0.0');
  });

  test('of a path with blanks and a quote has it as one word', async () => {
    const files = {
      'package.json': '{ "name": "x", "bin": "my \\"app\\"/main $x.js" }',
      'my "app"/main $x.js': 'console.log(1);\n',
    };
    expect((await dockerfile(files)).content).toContain('CMD ["node", "my \\"app\\"/main $x.js"]');
  });

  test.each([
    ['a library', { scripts: { build: 'tsc' }, dependencies: {} }, 'library'],
    ['a program that no script builds', { scripts: { start: 'node dist/server.js' } }, 'no build script'],
  ])('of %s is not invented', async (_, fields, reason) => {
    const { files, assumptions } = await extend(service(fields), ['dockerfile']);
    expect(files).toEqual([]);
    expect(assumptions.join()).toContain(reason);
  });
});

describe('the image of pages', () => {
  test('that Vite builds are served by nginx without root', async () => {
    const { stages, last } = await dockerfile(VITE_SITE);
    expect(stages[0]).toContain(
      'RUN corepack enable\nCOPY package.json pnpm-lock.yaml ./\nRUN pnpm install --frozen-lockfile\n',
    );
    expect(last).toBe(
      'FROM nginxinc/nginx-unprivileged:1-alpine\nCOPY --from=build /app/dist /usr/share/nginx/html\nUSER nginx\nEXPOSE 8080\nCMD ["nginx", "-g", "daemon off;"]\n',
    );
  });

  test('come from the folder that Vite is set to, and know of a router', async () => {
    const { last, planned } = await dockerfile({
      ...VITE_SITE,
      'package.json': (VITE_SITE['package.json'] ?? '').replace(
        '"react":',
        '"react-router": "^7.0.0",\n    "react":',
      ),
      'vite.config.ts': "export default { build: { outDir: './public_html' } }\n",
    });
    expect(last).toContain('COPY --from=build /app/public_html /usr/share/nginx/html');
    expect(planned.find(({ path }) => path === 'nginx.conf')?.content).toContain('try_files');
  });

  test('without a build are copied as they are', async () => {
    expect((await dockerfile(STATIC_SITE)).content).toContain('COPY . /usr/share/nginx/html\n');
    const inside = { 'public/index.html': '', 'public/a b.html': '' };
    expect((await dockerfile(inside)).content).toContain('COPY public /usr/share/nginx/html\n');
  });
});

describe('the image of other programs', () => {
  test('Flask is started by gunicorn on the port of the project', async () => {
    const { stages, last, assumptions } = await dockerfile(FLASK_SERVICE);
    expect(stages[0]).toContain('pip install --no-cache-dir -r requirements.txt');
    expect(last).toContain('USER app\nEXPOSE 5001\nCMD ["gunicorn", "--bind", "0.0.0.0:5001", "app:app"]\n');
    expect(assumptions.join()).toContain('gunicorn is not among the packages');
  });

  test('an app that a factory makes is started by what its package is served by', async () => {
    const { text } = await extend(
      {
        'pyproject.toml': '[project]\nname = "notes"\nversion = "1"\ndependencies = ["fastapi", "uvicorn"]\n',
        'src/notes/__init__.py': '',
        'src/notes/app.py':
          'from fastapi import FastAPI\n\n\ndef create_app() -> FastAPI:\n    app = FastAPI()\n    return app\n',
        'src/notes/main.py': 'from .app import create_app\n\napp = create_app()\n',
      },
      ['dockerfile'],
    );
    expect(text('Dockerfile')).toContain('"uvicorn", "notes.main:app"');
  });

  test('FastAPI in src/ is started by uvicorn', async () => {
    const { last } = await dockerfile({
      'pyproject.toml':
        '[project]\nname = "notes"\nrequires-python = ">=3.12,<3.13"\ndependencies = ["fastapi[standard]"]\n',
      'src/notes/main.py': 'from fastapi import FastAPI\n\napp = FastAPI()\n',
    });
    expect(last).toMatch(/^FROM python:3\.12-slim\n/);
    expect(last).toContain('PYTHONPATH=/app/src');
    expect(last).toContain('CMD ["uvicorn", "notes.main:app", "--host", "0.0.0.0", "--port", "8000"]');
  });

  test('a package of Python without a command is a library', async () => {
    const { files, assumptions } = await extend(PYTHON_PACKAGE, ['dockerfile']);
    expect(files).toEqual([]);
    expect(assumptions.join()).toContain('library');
  });

  test('Go is one file on a small image', async () => {
    const { content } = await dockerfile(GO_SERVICE);
    expect(content).toMatch(/^FROM golang:1\.24 AS build\n/);
    expect(content).toContain('-o /out/app ./cmd/shop\n');
    expect(content).toContain('USER app\nEXPOSE 8081\nCMD ["app"]\n');
    expect(content).not.toContain('go.sum');
  });

  test('Rust and Spring Boot are built in a stage of their own', async () => {
    const rust = await dockerfile({
      'Cargo.toml': '[package]\nname = "tide"\n',
      'src/main.rs': 'fn main() {}\n',
    });
    expect(rust.last).toContain('COPY --from=build /src/target/release/tide /usr/local/bin/app');
    const java = await dockerfile({
      'pom.xml': '<artifactId>spring-boot-maven-plugin</artifactId>',
      'src/A.java': '',
    });
    expect(java.last).toContain('CMD ["java", "-jar", "/app/app.jar"]');
  });
});

describe('.dockerignore', () => {
  test('leaves out packages, secrets and Git, but no folder of the project', async () => {
    const { planned } = await dockerfile({ ...COMMONJS_SERVICE, 'build/tool.js': '' });
    const lines = planned.find(({ path }) => path === '.dockerignore')?.content.split('\n');
    expect(lines).toEqual(expect.arrayContaining(['node_modules', '.env', '.git']));
    expect(lines).not.toContain('build');
  });

  test('is kept where there is one', async () => {
    const { kept, files } = await extend({ ...COMMONJS_SERVICE, '.dockerignore': 'x\n' }, ['dockerfile']);
    expect(kept).toEqual(['.dockerignore']);
    expect(files.map(({ path }) => path)).toEqual(['Dockerfile']);
  });
});
