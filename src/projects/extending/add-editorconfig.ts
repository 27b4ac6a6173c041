import type { Draft } from './draft.ts';
import type { Style } from './style.ts';

/** Plans an .editorconfig that says how the project's files are written already, unless there is one. */
export function addEditorconfig(draft: Draft): void {
  const { view, style, stack } = draft.project;
  if (view.paths.includes('.editorconfig')) {
    draft.kept.push('.editorconfig');
    return;
  }
  const sections = [
    [
      '[*]',
      'charset = utf-8',
      `end_of_line = ${style.eol === '\n' ? 'lf' : 'crlf'}`,
      `insert_final_newline = ${style.finalNewline}`,
      'trim_trailing_whitespace = true',
      ...indentLines(style),
    ],
    ['[*.md]', 'trim_trailing_whitespace = false'],
  ];
  if (style.indent !== '  ') sections.push(['[*.{yml,yaml}]', ...indentLines({ indent: '  ' })]);
  const manifest = stack?.kind === 'node' ? manifestIndent(stack.manifestText) : null;
  if (manifest !== null && manifest !== style.indent)
    sections.push(['[package.json]', ...indentLines({ indent: manifest })]);
  if (style.indent !== '\t' && view.paths.some((path) => /(?:^|\/)Makefile$|\.go$/.test(path))) {
    sections.push(['[{Makefile,*.go}]', 'indent_style = tab']);
  }
  draft.add('.editorconfig', `root = true\n\n${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`);
  draft.assumptions.push(`.editorconfig says how the files are written now: ${described(style)}.`);
}

function indentLines({ indent }: Pick<Style, 'indent'>): string[] {
  return indent === '\t'
    ? ['indent_style = tab']
    : ['indent_style = space', `indent_size = ${indent.length}`];
}

function manifestIndent(text: string): string | null {
  return /^\{\s*\n([ \t]+)"/.exec(text.replaceAll('\r', ''))?.[1] ?? null;
}

function described({ indent, eol }: Style): string {
  return `${indent === '\t' ? 'tabs' : `${indent.length} spaces`}, ${eol === '\n' ? 'LF' : 'CRLF'}`;
}
