import {
  type Extended,
  type Extension,
  type ExtensionOptions,
  extendProject,
} from '../../../src/projects/extending/extensions.ts';

export type Files = Record<string, string>;

/** Extends a project that is there in memory only. */
export async function extend(
  files: Files,
  add: readonly Extension[],
  { name = 'my-shop', ...options }: Partial<ExtensionOptions> & { name?: string } = {},
): Promise<Extended & { text: (path: string) => string }> {
  const view = {
    name,
    paths: Object.keys(files).toSorted(),
    read: async (path: string) => files[path] ?? null,
  };
  const extended = await extendProject(view, add, { year: 2026, ...options });
  return {
    ...extended,
    text: (path) => {
      const file = extended.files.find((planned) => planned.path === path);
      if (!file) throw new Error(`${path} is not among ${extended.files.map((planned) => planned.path)}`);
      return file.content;
    },
  };
}

/** npm, TypeScript, ES modules, tabs and double quotes. */
export const TYPESCRIPT_SERVICE: Files = {
  'package.json': `{
\t"name": "price-service",
\t"version": "1.0.0",
\t"type": "module",
\t"author": "Ada Lovelace <ada@example.org>",
\t"engines": { "node": ">=22.18" },
\t"scripts": {
\t\t"build": "tsc -p .",
\t\t"start": "node dist/server.js",
\t\t"lint": "biome check ."
\t},
\t"dependencies": { "fastify": "^5.0.0" },
\t"devDependencies": { "typescript": "^5.9.0" }
}
`,
  'package-lock.json': '{}',
  'tsconfig.json': '{ "compilerOptions": { "outDir": "dist", "rootDir": "src" }, "include": ["src"] }',
  'src/server.ts':
    'import { buildApp } from "./app.ts";\n\nconst app = buildApp();\nawait app.listen({\n\thost: "0.0.0.0",\n\tport: Number(process.env.PORT ?? 3100),\n});\n',
  'src/app.ts':
    'import Fastify from "fastify";\n\nexport function buildApp() {\n\tconst app = Fastify();\n\tapp.get("/health", () => ({ ok: true }));\n\treturn app;\n}\n',
  'src/cart.ts':
    'export function total(price: number, count: number): number {\n\treturn price * count;\n}\n',
};

/** CommonJS with four spaces, single quotes and no semicolons. */
export const COMMONJS_SERVICE: Files = {
  'package.json': `{
    "name": "greeter",
    "version": "1.0.0",
    "main": "index.js",
    "scripts": {
        "test": "echo \\"Error: no test specified\\" && exit 1",
        "start": "node index.js"
    }
}
`,
  'index.js':
    "const http = require('http')\nconst { greet } = require('./lib/greet')\n\nhttp.createServer((req, res) => {\n    res.end(greet('you'))\n}).listen(process.env.PORT || 8090)\n",
  'lib/greet.js': `function greet(name) {\n    return \`Hello, \${name}!\`\n}\n\nmodule.exports = { greet }\n`,
};

/** Vite and React with pnpm. */
export const VITE_SITE: Files = {
  'package.json': `{
  "name": "web",
  "private": true,
  "type": "module",
  "packageManager": "pnpm@10.2.0",
  "scripts": {
    "dev": "vite",
    "build": "tsc -b && vite build",
    "preview": "vite preview"
  },
  "dependencies": {
    "react": "^19.0.0",
    "react-dom": "^19.0.0"
  },
  "devDependencies": {
    "typescript": "~5.9.0",
    "vite": "^7.1.0"
  }
}
`,
  'pnpm-lock.yaml': "lockfileVersion: '9.0'\n",
  'index.html': '<!doctype html>\n',
  'vite.config.ts': "import { defineConfig } from 'vite'\n\nexport default defineConfig({})\n",
  'tsconfig.json': '{ "files": [], "references": [{ "path": "./tsconfig.app.json" }] }',
  'src/main.tsx':
    "import { createRoot } from 'react-dom/client'\nimport App from './App'\n\ncreateRoot(document.body).render(<App />)\n",
  'src/App.tsx':
    "import './App.css'\n\nfunction App() {\n  return <h1 className=\"big\">Don't panic</h1>\n}\n\nexport default App\n",
  'src/App.css': 'h1 {\n  color: red;\n}\n',
};

/** A package of Python in src/, with single quotes. */
export const PYTHON_PACKAGE: Files = {
  'pyproject.toml':
    '[project]\nname = "tide-table"\nversion = "0.1.0"\nrequires-python = ">=3.11"\nauthors = [{ name = "Grace Hopper" }]\n\n[project.optional-dependencies]\ndev = ["pytest", "ruff"]\n',
  'src/tide_table/__init__.py': "__version__ = '0.1.0'\n",
  'src/tide_table/names.py':
    "def greet(name: str) -> str:\n    '''Says hello.'''\n    return f'Hello, {name}!'\n",
};

/** Flask with requirements.txt, written on Windows. */
export const FLASK_SERVICE: Files = {
  'requirements.txt': 'Flask==3.1.0\r\n',
  'app.py':
    "from flask import Flask\r\n\r\napp = Flask(__name__)\r\n\r\n\r\n@app.route('/')\r\ndef index():\r\n    return 'Hello'\r\n\r\n\r\nif __name__ == '__main__':\r\n    app.run(port=5001)\r\n",
};

/** A module of Go with one program. */
export const GO_SERVICE: Files = {
  'go.mod': 'module example.org/shop\n\ngo 1.24.1\n',
  'cmd/shop/main.go':
    'package main\n\nimport "net/http"\n\nfunc main() {\n\thttp.ListenAndServe(":8081", nil)\n}\n',
  'internal/cart/cart.go':
    'package cart\n\n// Total is what several cost.\nfunc Total(price, count int64) int64 {\n\treturn price * count\n}\n',
};

/** Pages alone. */
export const STATIC_SITE: Files = {
  'index.html': '<!doctype html>\n<title>Hello</title>\n',
  'style.css': 'a {\n  color: red;\n}\n',
};
