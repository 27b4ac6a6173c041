import { ANADE } from './document-words.ts';
import { BORRA, BUSCA, CREA, ENCUENTRA, LEE, LISTA } from './file-words.ts';
import { stateOf } from './github-issue-skills.ts';
import { forEachNumber, inRepository, remediesOf } from './github-skill.ts';
import { ABRE, FUSIONA, GITHUB_AGENT, PULLS, PUSH, SHOW, SUBE } from './github-words.ts';
import type { Skill } from './skill.ts';

const BRANCH_TOOL = 'change_branch_or_tag';
const PULL = 'pull_request|pull-request|pr';
const ABIERTOS = 'open@abiertos|abiertas? closed@cerrados|cerradas?';

const listPulls: Skill = {
  agent: GITHUB_AGENT,
  tool: 'list_issues',
  of: ({ kind }) => kind === 'pull_requests',
  destructive: false,
  phrases: {
    en: [
      `${SHOW} me? all@all? of? the|my|our? open@open? closed@closed? github? ${PULLS} {github:repository}`,
      `find|search|look for? all@all? the|my|our? open@open? closed@closed? ${PULLS} {github:certainly!}`,
      `${SHOW}|find me? {repository:sure} open@open? closed@closed? ${PULLS} {github}`,
      `which|what|how_many open@open? closed@closed? ${PULLS} are there? open@open? closed@closed? {github:repository}`,
      `which|what|how_many open@open? closed@closed? ${PULLS} does|has {repository:sure} have`,
      `are|is there any|some? open@open? closed@closed? ${PULLS} open@open? {github:repository!}`,
    ],
    es: [
      `${LISTA} me? all@todos|todas? los|las|mis? ${PULLS} ${ABIERTOS} {github:repository}`,
      `${BUSCA}|${ENCUENTRA} me? los|las|mis? ${PULLS} ${ABIERTOS} {github:certainly!}`,
      `que|cuales|cuantos|cuantas ${PULLS} ${ABIERTOS} hay|quedan|estan ${ABIERTOS} {github:repository}`,
      `que|cuales|cuantos|cuantas ${PULLS} ${ABIERTOS} tiene {repository:sure} ${ABIERTOS}`,
      `hay ${PULLS} ${ABIERTOS} {github:repository!}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, listPulls, () => ({ kind: 'pull_requests', ...stateOf(captured) })),
  example: {
    en: 'list the open pull requests of ana/shop',
    es: 'lista los pull requests abiertos de ana/tienda',
  },
  done: { en: 'The pull requests of {repository}:', es: 'Los pull requests de {repository}:' },
  failed: {
    en: 'I could not list the pull requests of {repository}:',
    es: 'No pude listar los pull requests de {repository}:',
  },
  remedies: remediesOf(),
};

const readPull: Skill = {
  agent: GITHUB_AGENT,
  tool: 'read_pull_request',
  destructive: false,
  phrases: {
    en: [
      'show|read|open|view|display|see|get|describe|summarize|summarise|review me? {pull} {github:numbered}',
      "what's|what_is {pull} {github:numbered} about",
      'what does {pull} {github:numbered} say|change|do',
      'tell me about {pull} {github:numbered}',
      `show|read|view|display|see me? the diff|changes|checks of|in|for {pull} {github:numbered}`,
    ],
    es: [
      `${LEE}|describe|resume|resumeme|revisa me? {pull} {github:numbered}`,
      'de que trata|va|habla {pull} {github:numbered}',
      'que dice|cambia|hace|pone {pull} {github:numbered}',
      `${LEE} me? el|los|las diff|cambios|comprobaciones de|del {pull} {github:numbered}`,
    ],
  },
  toCalls: (captured) => forEachNumber(captured, readPull, () => ({})),
  example: { en: 'show pull request 5 of ana/shop', es: 'muestra el pull request 5 de ana/tienda' },
  done: { en: 'Pull request {number} of {repository}:', es: 'El pull request {number} de {repository}:' },
  failed: {
    en: 'I could not read pull request {number} of {repository}:',
    es: 'No pude leer el pull request {number} de {repository}:',
  },
  remedies: remediesOf(),
};

const BETWEEN = '{github:head|base|place|titled}';
const openPull: Skill = {
  agent: GITHUB_AGENT,
  tool: 'open_pull_request',
  destructive: false,
  phrases: {
    en: [`open|create|make|submit|start|new me? a|an|the|another? new? github? ${PULL} ${BETWEEN}`],
    es: [
      `${ABRE}|${CREA}|nuevo|nueva|envia|enviar|manda|mandar me? un|una|el|la|otro|otra? nuevo|nueva? ${PULL} ${BETWEEN}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, openPull, ({ title, head, base }) => {
      if (head === undefined) return { reason: 'incomplete', subject: '', suggestion: openPull.example };
      return { title: title ?? titleOf(head), head, ...(base === undefined ? {} : { base }) };
    }),
  example: {
    en: 'open a pull request from login-fix to main in ana/shop',
    es: 'abre un pull request de arreglo-acceso a main en ana/tienda',
  },
  done: { en: 'The pull request is opened:', es: 'El pull request está abierto:' },
  failed: {
    en: 'I could not open the pull request in {repository}:',
    es: 'No pude abrir el pull request en {repository}:',
  },
  remedies: remediesOf(),
};

const mergePull: Skill = {
  agent: GITHUB_AGENT,
  tool: 'merge_pull_request',
  destructive: true,
  phrases: {
    en: [
      'merge {pull} {github:method|numbered}',
      'squash@squash|squash-merge|squash_and_merge {pull} {github:numbered}',
      'rebase@rebase_and_merge {pull} {github:numbered}',
    ],
    es: [`${FUSIONA} {pull} {github:method|numbered}`],
  },
  toCalls: (captured) =>
    forEachNumber(captured, mergePull, ({ method: said }) => {
      const method = said ?? ['squash', 'rebase'].find((mark) => captured.marks.includes(mark));
      return method === undefined ? {} : { method };
    }),
  example: { en: 'merge pull request 5 of ana/shop', es: 'fusiona el pull request 5 de ana/tienda' },
  done: { en: 'Pull request {number} of {repository}:', es: 'El pull request {number} de {repository}:' },
  failed: {
    en: 'I could not merge pull request {number} of {repository}:',
    es: 'No pude fusionar el pull request {number} de {repository}:',
  },
  remedies: remediesOf(),
};

const createBranch: Skill = {
  agent: GITHUB_AGENT,
  tool: BRANCH_TOOL,
  of: ({ action }) => action === 'create',
  destructive: false,
  phrases: {
    en: [
      'create|make|add|start|new me? a|the|another? new? branch {branch:telling} {github:start|repository}',
      'create|make|add|start|new me? a|the|another? new? branch {branch} {github:start|surely!}',
      'create|make|add|start a|the? new? {branch:noun} {github:start|surely!}',
      'create|make|add|start a|an? new? branch {github:start|newbranch!|repository}',
    ],
    es: [
      `${CREA}|${ANADE}|nueva me? una|la|otra? nueva? rama nueva? {branch:telling} {github:start|repository}`,
      `${CREA}|${ANADE}|nueva me? una|la|otra? nueva? rama nueva? {branch} {github:start|surely!}`,
      `${CREA}|${ANADE} una? nueva? rama nueva? {github:start|newbranch!|repository}`,
      `${CREA}|${ANADE} en {repository:sure} una|la? nueva? rama nueva? {branch} {github:start}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, createBranch, ({ branch, start }) => ({
      ...{ kind: 'branch', action: 'create', name: branch },
      ...(start === undefined ? {} : { target: start }),
    })),
  example: {
    en: 'create the branch login-fix in ana/shop from main',
    es: 'crea la rama arreglo-acceso en ana/tienda desde main',
  },
  done: { en: 'The branch {name} in {repository}:', es: 'La rama {name} en {repository}:' },
  failed: {
    en: 'I could not create the branch {name} in {repository}:',
    es: 'No pude crear la rama {name} en {repository}:',
  },
  remedies: remediesOf(),
};

const deleteBranch: Skill = {
  agent: GITHUB_AGENT,
  tool: BRANCH_TOOL,
  of: ({ action }) => action === 'delete',
  destructive: true,
  phrases: {
    en: [
      'delete|remove|erase|drop the? branch {branch:telling} {github:repository}',
      'delete|remove|erase|drop {branch:noun} {github:surely!}',
    ],
    es: [
      `${BORRA} la? rama {branch:telling} {github:repository}`,
      `${BORRA} la? rama {branch} {github:surely!}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, deleteBranch, ({ branch }) => ({
      kind: 'branch',
      action: 'delete',
      name: branch,
    })),
  example: {
    en: 'delete the branch login-fix of ana/shop',
    es: 'borra la rama arreglo-acceso de ana/tienda',
  },
  done: { en: 'The branch {name} of {repository}:', es: 'La rama {name} de {repository}:' },
  failed: {
    en: 'I could not delete the branch {name} of {repository}:',
    es: 'No pude borrar la rama {name} de {repository}:',
  },
  remedies: remediesOf(),
};

const pushFiles: Skill = {
  agent: GITHUB_AGENT,
  tool: 'push_files',
  destructive: false,
  phrases: {
    en: [`${PUSH} {pushed} {github:branch|target!|surely|message}`],
    es: [`${SUBE} {pushed} {github:branch|target!|surely|message}`],
  },
  toCalls: (captured) =>
    inRepository(captured, pushFiles, ({ path, branch, message }) => ({
      folder: path,
      ...(branch === undefined ? {} : { branch }),
      ...(message === undefined ? {} : { message }),
    })),
  example: {
    en: 'push the folder shop to ana/shop on the branch dev',
    es: 'sube la carpeta tienda a ana/tienda en la rama dev',
  },
  done: { en: '{folder} in {repository}:', es: '{folder} en {repository}:' },
  failed: { en: 'I could not push {folder} to {repository}:', es: 'No pude subir {folder} a {repository}:' },
  remedies: remediesOf(),
};

/** A pull request is called like its branch where nobody says how: "login-fix" is "Login fix". */
function titleOf(branch: string): string {
  const words = (branch.split('/').at(-1) ?? branch).replaceAll(/[-_]+/g, ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What can be said of pull requests, branches and files; what is told apart by a number goes before what lists. */
export const CHANGING_GITHUB_SKILLS: readonly Skill[] = [
  mergePull,
  readPull,
  openPull,
  listPulls,
  deleteBranch,
  createBranch,
  pushFiles,
];
