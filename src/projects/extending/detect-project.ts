import { parse as parseToml } from 'smol-toml';
import { z } from 'zod';
import { detectGo } from './detect-go.ts';
import { detectNode } from './detect-node.ts';
import { detectPython } from './detect-python.ts';
import { detectStyle } from './detect-style.ts';
import type { JavaFacts, Project, RustFacts, Stack, StaticFacts } from './project.ts';
import type { ProjectView } from './project-view.ts';
import type { Style } from './style.ts';

const PLAIN: Style = {
  indent: '  ',
  quote: "'",
  semicolons: true,
  finalCommas: true,
  eol: '\n',
  finalNewline: true,
  width: 100,
};
const FOUR = '    ';

const cargoSchema = z.object({
  package: z.object({
    name: z.string(),
    description: z.string().optional().catch(undefined),
    authors: z.array(z.string()).default([]).catch([]),
  }),
  bin: z
    .array(z.object({ name: z.string() }))
    .default([])
    .catch([]),
});

/** Finds out what an existing project is and how it is written. @throws ProblemError where a file of it is broken. */
export async function detectProject(view: ProjectView): Promise<Project> {
  const assumptions: string[] = [];
  const stack = await detectStack(view, assumptions);
  const isNode = stack?.kind === 'node';
  const style = await detectStyle(
    view,
    endingsOf(stack),
    usualStyle(stack),
    isNode ? stack.manifest.prettier : undefined,
  );
  return { view, stack, style, ...(await aboutOf(view, stack)), assumptions };
}

/** The kind with the most files, where a project has the marks of several. */
async function detectStack(view: ProjectView, assumptions: string[]): Promise<Stack | null> {
  const detectors: [(view: ProjectView, assumptions: string[]) => Promise<Stack | null>, RegExp][] = [
    [detectNode, /\.(?:[cm]?[jt]s|[jt]sx|vue|svelte)$/],
    [detectPython, /\.py$/],
    [detectGo, /\.go$/],
    [detectRust, /\.rs$/],
    [detectJava, /\.(?:java|kt)$/],
    [detectStatic, /^$/],
  ];
  const found: { stack: Stack; files: number; said: string[] }[] = [];
  for (const [detect, files] of detectors) {
    const said: string[] = [];
    const stack = await detect(view, said);
    if (stack) found.push({ stack, files: view.paths.filter((path) => files.test(path)).length, said });
  }
  const [best, second] = found.toSorted((a, b) => b.files - a.files);
  if (!best) return null;
  if (second && second.stack.kind !== 'static') {
    assumptions.push(
      `It is treated as a project of kind ${best.stack.kind}; the files of kind ${second.stack.kind} were left aside.`,
    );
  }
  assumptions.push(...best.said);
  return best.stack;
}

async function detectRust(view: ProjectView): Promise<RustFacts | null> {
  if (!view.paths.includes('Cargo.toml')) return null;
  const cargo = await readCargo(view);
  const other = view.paths.map((path) => /^src\/bin\/([^/]+)\.rs$/.exec(path)?.[1]).find(Boolean);
  const own = view.paths.includes('src/main.rs') ? cargo?.package.name : undefined;
  return {
    kind: 'rust',
    binary: cargo?.bin[0]?.name ?? own ?? other ?? null,
    isLocked: view.paths.includes('Cargo.lock'),
  };
}

async function readCargo(view: ProjectView) {
  try {
    return cargoSchema.parse(parseToml((await view.read('Cargo.toml')) ?? ''));
  } catch {
    // A workspace without a package of its own has no name to tell; nothing else is read from there.
    return null;
  }
}

async function detectJava(view: ProjectView): Promise<JavaFacts | null> {
  const path = ['pom.xml', 'build.gradle', 'build.gradle.kts'].find((name) => view.paths.includes(name));
  if (path === undefined) return null;
  const text = (await view.read(path)) ?? '';
  const tool = path === 'pom.xml' ? 'maven' : 'gradle';
  const wrapper = tool === 'maven' ? 'mvnw' : 'gradlew';
  const version =
    /<(?:java\.version|maven\.compiler\.release|release)>\s*(\d+)/.exec(text)?.[1] ??
    /JavaLanguageVersion\.of\((\d+)\)|JavaVersion\.VERSION_(\d+)/.exec(text)?.slice(1).find(Boolean);
  return {
    kind: 'java',
    tool,
    command: view.paths.includes(wrapper) ? `./${wrapper}` : tool === 'maven' ? 'mvn' : 'gradle',
    isSpringBoot: /spring-boot-maven-plugin|org\.springframework\.boot/.test(text),
    version: version ?? '21',
  };
}

async function detectStatic(view: ProjectView): Promise<StaticFacts | null> {
  const root = ['', 'public/', 'site/', 'docs/', 'src/'].find((folder) =>
    view.paths.includes(`${folder}index.html`),
  );
  return root === undefined ? null : { kind: 'static', root: root.slice(0, -1) };
}

function endingsOf(stack: Stack | null): string[] {
  if (stack?.kind === 'node') return ['ts', 'tsx', 'mts', 'js', 'jsx', 'mjs', 'cjs'];
  if (stack?.kind === 'python') return ['py'];
  if (stack?.kind === 'go') return ['go'];
  if (stack?.kind === 'rust') return ['rs'];
  if (stack?.kind === 'java') return ['java', 'kt'];
  return ['html', 'css', 'js', 'md', 'txt'];
}

function usualStyle(stack: Stack | null): Style {
  if (stack?.kind === 'go') return { ...PLAIN, indent: '\t' };
  if (stack?.kind === 'python') return { ...PLAIN, indent: FOUR, quote: '"', width: 88 };
  return stack?.kind === 'rust' || stack?.kind === 'java' ? { ...PLAIN, indent: FOUR } : PLAIN;
}

async function aboutOf(
  view: ProjectView,
  stack: Stack | null,
): Promise<Pick<Project, 'title' | 'description' | 'author'>> {
  const told = await toldAbout(view, stack);
  // `Ada Lovelace <ada@example.org> (https://example.org)` is how npm and Poetry write a person.
  const author = oneLine((told.author ?? '').replace(/\s*[<(].*$/s, ''));
  return {
    title: oneLine(told.name ?? '') || oneLine(view.name) || 'Project',
    description: oneLine(told.description ?? '') || null,
    author: author || null,
  };
}

async function toldAbout(view: ProjectView, stack: Stack | null) {
  if (stack?.kind === 'node') return stack.manifest;
  if (stack?.kind === 'python') {
    const { project } = stack.pyproject ?? {};
    return {
      name: project?.name ?? stack.poetry?.name,
      description: project?.description ?? stack.poetry?.description,
      author: project?.authors.find(({ name }) => name)?.name ?? stack.poetry?.authors[0],
    };
  }
  if (stack?.kind === 'rust') {
    const cargo = await readCargo(view);
    return {
      name: cargo?.package.name,
      description: cargo?.package.description,
      author: cargo?.package.authors[0],
    };
  }
  return { name: undefined, description: undefined, author: undefined };
}

function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
