import { basename } from 'node:path';

/** The languages that are parsed, by the name of their grammar in @vscode/tree-sitter-wasm, with the ends of file names. */
const GRAMMARS = {
  bash: 'sh bash zsh ksh bats',
  'c-sharp': 'cs csx',
  cpp: 'c h cc cpp cxx c++ hh hpp hxx h++ ino inl ipp cu cuh',
  css: 'css',
  go: 'go',
  ini: 'ini cfg conf properties editorconfig desktop service',
  java: 'java',
  javascript: 'js mjs cjs jsx',
  php: 'php phtml php5',
  powershell: 'ps1 psm1 psd1',
  python: 'py pyi pyw',
  ruby: 'rb rake gemspec ru',
  rust: 'rs',
  tsx: 'tsx',
  typescript: 'ts mts cts',
} as const;
export type Grammar = keyof typeof GRAMMARS;

/** Source code without a grammar here: it is read by its indentation. */
const OTHERS =
  'sql kt kts swift lua scala sc groovy gradle dart r jl pl pm hs lhs ml mli fs fsx fsi clj cljs cljc edn ex exs erl hrl elm nim zig v vhd vhdl sv d pas pp f f90 f95 for cob cbl asm s vb vbs bas m mm scss sass less styl vue svelte astro graphql gql proto thrift tf tfvars hcl nix cmake mk mak bat cmd fish awk sed tcl vim el lisp lsp scm rkt sol move cairo glsl hlsl wgsl vert frag metal coffee cr hx gd toml dockerfile';

const NAMES: Record<string, Grammar | null> = {
  makefile: null,
  gnumakefile: null,
  dockerfile: null,
  containerfile: null,
  'cmakelists.txt': null,
  justfile: null,
  jenkinsfile: null,
  gemfile: 'ruby',
  rakefile: 'ruby',
  podfile: 'ruby',
  vagrantfile: 'ruby',
  '.bashrc': 'bash',
  '.bash_profile': 'bash',
  '.profile': 'bash',
  '.zshrc': 'bash',
  '.gitconfig': 'ini',
  '.npmrc': 'ini',
};

const EXTENSIONS: ReadonlyMap<string, Grammar | null> = new Map<string, Grammar | null>([
  ...OTHERS.split(' ').map((extension) => [extension, null] as const),
  // Object.entries gives up the type of the keys, which are those of GRAMMARS.
  ...(Object.entries(GRAMMARS) as [Grammar, string][]).flatMap(([grammar, extensions]) =>
    extensions.split(' ').map((extension) => [extension, grammar] as const),
  ),
]);

/** The grammar for a file by its name; null for source code without one, `undefined` for other files. */
export function grammarOf(path: string): Grammar | null | undefined {
  const name = basename(path).toLowerCase();
  if (Object.hasOwn(NAMES, name)) return NAMES[name];
  const dot = name.lastIndexOf('.');
  return dot === -1 ? undefined : EXTENSIONS.get(name.slice(dot + 1));
}
