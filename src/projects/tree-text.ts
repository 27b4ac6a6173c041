/** The files of a project as a tree of lines, folders before files, each level in the order of names. */
export function treeText(root: string, paths: readonly string[]): string {
  const top: Branch = new Map();
  for (const path of paths) {
    let branch = top;
    for (const name of path.split('/').filter(Boolean)) {
      const below = branch.get(name) ?? new Map();
      branch.set(name, below);
      branch = below;
    }
  }
  return [`${root}/`, ...linesOf(top, paths, '')].join('\n');
}

interface Branch extends Map<string, Branch> {}

function linesOf(branch: Branch, paths: readonly string[], indent: string): string[] {
  const entries = [...branch].toSorted(
    ([one, below], [other, beyond]) =>
      Number(beyond.size > 0) - Number(below.size > 0) || (one < other ? -1 : 1),
  );
  return entries.flatMap(([name, below], index) => {
    const isLast = index === entries.length - 1;
    const line = `${indent}${isLast ? '└── ' : '├── '}${name}${below.size > 0 ? '/' : ''}`;
    return [line, ...linesOf(below, paths, `${indent}${isLast ? '    ' : '│   '}`)];
  });
}
