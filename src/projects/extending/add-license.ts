import type { Draft } from './draft.ts';
import { licenseText, namesHolder, OFFERED_LICENSES, type OfferedLicense } from './license-text.ts';

/** Which licence, and for whom. */
interface LicenseChoice {
  license?: OfferedLicense;
  holder?: string;
  year: number;
}

const PRESENT = /^(?:LICEN[CS]ES?|COPYING|COPYRIGHT|UNLICENSE)(?:[.-][\w.-]+)?$/i;
/** What `npm init` or nobody has written is no decision. */
const UNDECIDED = ['UNLICENSED', 'SEE LICENSE IN LICENSE', ''];

/** Plans a LICENSE, unless the project has one, and names it in package.json where nothing is said there. */
export async function addLicense(draft: Draft, choice: LicenseChoice): Promise<void> {
  const { view, stack, title, author } = draft.project;
  const present = view.paths.find((path) => PRESENT.test(path) || /^LICENSES\/[^/]+\.txt$/.test(path));
  if (present !== undefined) {
    draft.kept.push(present);
    return;
  }
  const id = choice.license ?? declaredLicense(draft) ?? 'MIT';
  if (choice.license === undefined) {
    const why =
      declaredLicense(draft) === null ? 'because none was asked for' : 'because the project names it';
    draft.assumptions.push(`The licence is ${id}, ${why}.`);
  }
  const given = choice.holder?.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  const holder = given || author || title;
  if (!given && namesHolder(id)) {
    draft.assumptions.push(
      `The holder of the rights is "${holder}", ${author ? 'the author that the project names' : "the project's name, because no author is named"}.`,
    );
  }
  draft.add('LICENSE', await licenseText(id, { year: choice.year, holder }));
  if (stack?.kind === 'node') declareInManifest(draft, id, stack.manifest.license);
  if (stack?.kind === 'python' && stack.pyprojectText !== null && !pyprojectLicense(draft)) {
    draft.assumptions.push(
      `pyproject.toml names no licence and was left as it is: license = "${id}" belongs into its [${stack.pyproject?.project ? 'project' : stack.poetry ? 'tool.poetry' : 'project'}] table.`,
    );
  }
  const cargo = stack?.kind === 'rust' ? ((await view.read('Cargo.toml')) ?? '') : null;
  if (cargo !== null && /^\[package\]/m.test(cargo) && !/^license(?:-file|\.\w+)?\s*=/m.test(cargo)) {
    draft.assumptions.push(
      `Cargo.toml names no licence and was left as it is: license = "${id}" belongs into its [package] table.`,
    );
  }
}

/** What package.json or pyproject.toml says already, if it is one of those that are offered. */
function declaredLicense({ project }: Draft): OfferedLicense | null {
  const { stack } = project;
  const named =
    stack?.kind === 'node'
      ? stack.manifest.license
      : stack?.kind === 'python'
        ? pyprojectLicense({ project })
        : undefined;
  return OFFERED_LICENSES.find((id) => id === named) ?? null;
}

function pyprojectLicense({ project }: Pick<Draft, 'project'>): string | undefined {
  const { stack } = project;
  if (stack?.kind !== 'python') return undefined;
  const declared = stack.pyproject?.project?.license ?? stack.poetry?.license;
  if (typeof declared === 'string') return declared;
  return declared === undefined ? undefined : JSON.stringify(declared);
}

function declareInManifest(draft: Draft, id: OfferedLicense, declared: string | undefined): void {
  if (declared === id) return;
  if (declared !== undefined && !UNDECIDED.includes(declared.trim().toUpperCase())) {
    draft.assumptions.push(
      `package.json names the licence "${declared.slice(0, 60)}", not ${id}; it was left as it is.`,
    );
    return;
  }
  draft.editManifest({ path: ['license'], value: id, after: ['license', 'description', 'version', 'name'] });
}
