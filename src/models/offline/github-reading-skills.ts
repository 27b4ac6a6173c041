import { BUSCA, ENCUENTRA, LEE, LISTA } from './file-words.ts';
import { ABOUT_REPOSITORY, inRepository, remediesOf, wanting } from './github-skill.ts';
import { GITHUB_AGENT, REPOS, REPOSITORIOS, SHOW } from './github-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Skill } from './skill.ts';

const ULTIMOS = 'ultimos|recientes|mas_recientes';

const listRepositories: Skill = {
  agent: GITHUB_AGENT,
  tool: 'list_repositories',
  destructive: false,
  phrases: {
    en: [
      `${SHOW} me? all? of? the|my|our|your? github? ${REPOS} on_github|in_github|i_have|that_i_have|i_have_on_github|there_are|in_my_account|of_my_account?`,
      `which|what github? ${REPOS} do|can i|we|you have|see|own on_github|there?`,
      `which|what github? ${REPOS} are there on_github|in_my_account?`,
      `which|what are my|our github? ${REPOS} on_github?`,
      `${SHOW} me? all? of? the|my|our github? ${REPOS} about|with|containing|matching|named|called|that_contain|that_mention|like {needle}`,
      `find|search all? of? my|our github? ${REPOS} about|with|containing|matching|named|called|that_contain|that_mention|like {needle}`,
      `search|look_through|look_in the|my|our github? ${REPOS} for {needle}`,
    ],
    es: [
      `${LISTA} me? todos? los|mis|nuestros|tus? ${REPOSITORIOS} de_github|en_github|que_tengo|que_tengo_en_github|que_hay|que_hay_en_github|de_mi_cuenta?`,
      `que|cuales ${REPOSITORIOS} tengo|hay|tenemos|tienes en_github|de_github|en_mi_cuenta?`,
      `cuales son los|mis|nuestros ${REPOSITORIOS} de_github|en_github?`,
      `${LISTA}|${BUSCA}|${ENCUENTRA} me? todos? mis|nuestros ${REPOSITORIOS} sobre|con|que_contengan|que_hablen_de|llamados|que_se_llamen|como {needle}`,
      `${BUSCA}|${ENCUENTRA} me? en mis|los|nuestros ${REPOSITORIOS} {needle}`,
      `${BUSCA}|${ENCUENTRA} me? {needle} en mis|los|nuestros ${REPOSITORIOS}`,
    ],
  },
  toCalls: ({ needle }) => [needle === undefined ? {} : { query: needle }],
  example: { en: 'list my repositories', es: 'lista mis repositorios' },
  done: { en: 'The repositories:', es: 'Los repositorios:' },
  failed: { en: 'I could not list the repositories:', es: 'No pude listar los repositorios:' },
  remedies: remediesOf(),
};

const DESCRIBE = 'show|describe|open|read|view|display|see|get|summarize|summarise';
const DESCRIBELO = `${LEE}|describe|describa|describir|describeme|resume|resuma|resumir`;

const readRepository: Skill = {
  agent: GITHUB_AGENT,
  tool: 'read_repository',
  destructive: false,
  phrases: {
    en: [
      `${DESCRIBE} me? {repository:noun} {github}`,
      `${DESCRIBE} me? {repository:sure} {github:github!}`,
      'tell me about {repository:noun} {github}',
      "what|what's|what_is is? {repository:noun} about|for|like",
      `${DESCRIBE}|give me? the? details|information|info|statistics|stats|description|readme of|about|on|for {repository:noun} {github}`,
    ],
    es: [
      `${DESCRIBELO} me? {repository:noun} {github}`,
      `${DESCRIBELO} me? {repository:sure} {github:github!}`,
      'de que trata|va|es {repository:noun}',
      'que es {repository:noun}',
      'cuentame|dime de|sobre|acerca_de|como_es {repository:noun}',
      `${DESCRIBELO} me? los|las|la|el? detalles|informacion|datos|estadisticas|descripcion|readme de|del|sobre {repository:noun} {github}`,
    ],
  },
  toCalls: (captured) => inRepository(captured, readRepository, () => ({})),
  example: { en: 'show me the repository ana/shop', es: 'muéstrame el repositorio ana/tienda' },
  done: { en: 'The repository {repository}:', es: 'El repositorio {repository}:' },
  failed: { en: 'I could not read {repository}:', es: 'No pude leer {repository}:' },
  remedies: remediesOf(),
};

const LATEST = 'last|latest|recent|newest|most_recent';
const COMMITS = 'commits|commit_history|commit_log|history_of_commits';
const listCommits: Skill = {
  agent: GITHUB_AGENT,
  tool: 'list_commits',
  destructive: false,
  phrases: {
    en: [
      `${SHOW} me? all? the? ${LATEST}? ${COMMITS} {github:branch|surely!}`,
      `which|what are|is the ${LATEST} commits|commit {github:branch|surely!}`,
      `${SHOW} me? {repository:sure} ${LATEST}? ${COMMITS} {github:branch}`,
    ],
    es: [
      `${LISTA} me? todos? los|el? ${ULTIMOS}? commits|historial_de_commits ${ULTIMOS}? {github:branch|surely!}`,
      `cuales son los ${ULTIMOS}? commits ${ULTIMOS}? {github:branch|surely!}`,
      `ultimos commits {github:branch|surely!}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, listCommits, ({ branch }) => (branch === undefined ? {} : { ref: branch })),
  example: { en: 'list the commits of ana/shop', es: 'lista los commits de ana/tienda' },
  done: { en: 'The commits of {repository}:', es: 'Los commits de {repository}:' },
  failed: {
    en: 'I could not list the commits of {repository}:',
    es: 'No pude listar los commits de {repository}:',
  },
  remedies: remediesOf(),
};

/** What a repository has, as people call it. */
const PARTS = {
  branches: { en: 'branches', es: 'ramas' },
  tags: { en: 'tags|git_tags', es: 'tags|etiquetas|etiquetas_de_git' },
  releases: { en: 'releases', es: 'releases|publicaciones|lanzamientos|versiones_publicadas' },
  workflow_runs: {
    en: 'workflow_runs|workflows|ci_runs|action_runs|actions_runs|github_actions_runs|github_actions|runs|ci_builds',
    es: 'ejecuciones|ejecuciones_de_workflows|ejecuciones_de_los_workflows|ejecuciones_de_ci|ejecuciones_de_github_actions|workflows|flujos_de_trabajo|github_actions',
  },
  collaborators: { en: 'collaborators', es: 'colaboradores' },
};
const EACH_PART = Object.entries(PARTS).map(([what, { en, es }]) => ({
  en: `${what}@${en}`,
  es: `${what}@${es}`,
}));

const listInRepository: Skill = {
  agent: GITHUB_AGENT,
  tool: 'list_in_repository',
  destructive: false,
  phrases: {
    en: [
      ...EACH_PART.flatMap(({ en }) => [
        `${SHOW} me? all? of? the|its|our? ${LATEST}? ${en} {github:surely!}`,
        `${SHOW} me? {repository:sure} ${LATEST}? ${en} {github}`,
        `which|what ${en} does|do|has {repository:sure} have`,
        `which|what ${en} are|exist there? {github:surely!}`,
      ]),
      'list the? branches@branches {github:repository!}',
      'who are the collaborators@collaborators {github:surely!}',
      'who collaborators@has|has_got access to {repository:noun}',
    ],
    es: [
      ...EACH_PART.flatMap(({ es }) => [
        `${LISTA} me? todos|todas? los|las|sus? ${ULTIMOS}|ultimas? ${es} ${ULTIMOS}? {github:surely!}`,
        `que|cuales ${es} tiene|hay|existen {github:surely!}`,
        `que|cuales ${es} tiene {repository:sure}`,
      ]),
      'lista|listame las? branches@ramas {github:repository!}',
      'quienes son los collaborators@colaboradores {github:surely!}',
      'quien|quienes collaborators@tiene|tienen acceso a|al {repository:noun}',
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, listInRepository, () => ({ kind: wanting(captured, Object.keys(PARTS)) })),
  example: { en: 'list the branches of ana/shop', es: 'lista las ramas de ana/tienda' },
  done: { en: '{kind} of {repository}:', es: '{kind} de {repository}:' },
  failed: { en: 'I could not list that of {repository}:', es: 'No pude listar eso de {repository}:' },
  remedies: remediesOf(),
};

const ABOUT = 'about|mentioning|containing|with|matching|for|on|that_mention|that_contain|related_to';
const SOBRE = 'sobre|acerca_de|de|con|que_mencionen|que_contengan|que_hablen_de';
const IN_GITHUB = 'on|in|across|at|from github';
const ISSUES = 'issues@issues|github_issues|pull_requests|prs';
const INCIDENCIAS = 'issues@incidencias|issues|pull_requests|prs';
const USING =
  'that|which? uses|using|containing|with|mentioning|matching|calling|for|that_uses|that_contains?';
const QUE_USE = 'que_use|que_usa|que_contenga|que_contiene|con|para|de|que_llame_a?';

const searchGitHub: Skill = {
  agent: GITHUB_AGENT,
  tool: 'search_github',
  destructive: false,
  phrases: {
    en: [
      `search github for ${ISSUES} ${ABOUT} {needle}`,
      `search|query github ${ISSUES} for|about|mentioning {needle}`,
      `search ${ISSUES} ${IN_GITHUB} ${ABOUT} {needle}`,
      `search|find|look for? all? the? ${ISSUES} ${ABOUT} {needle} ${IN_GITHUB}`,
      `search github for code ${USING} {needle}`,
      'search|query github code for|containing {needle}',
      `search the? code ${IN_GITHUB} for {needle}`,
      `search|find|look for? the? code ${USING} {needle} ${IN_GITHUB}`,
      'search|query|scan|look_on|look_in github for {needle}',
      `search|find|look for? {needle} ${IN_GITHUB}`,
      'search|grep the? code in|of|on {repository:noun} for {needle}',
      'search|grep|look for? {needle} in|within the code of|in|on {repository:noun}',
    ],
    es: [
      `${BUSCA}|${ENCUENTRA} me? en github las? ${INCIDENCIAS} ${SOBRE} {needle}`,
      `${BUSCA}|${ENCUENTRA} me? las? ${INCIDENCIAS} en github ${SOBRE} {needle}`,
      `${BUSCA}|${ENCUENTRA} me? las? ${INCIDENCIAS} ${SOBRE} {needle} en github`,
      `${BUSCA}|${ENCUENTRA} me? en github el? codigo ${QUE_USE} {needle}`,
      `${BUSCA}|${ENCUENTRA} me? el? codigo ${QUE_USE} {needle} en github`,
      `${BUSCA}|${ENCUENTRA} me? {needle} en el codigo de|del {repository:noun}`,
      `${BUSCA}|${ENCUENTRA} me? en el codigo de|del {repository:noun} {needle}`,
      `${BUSCA}|${ENCUENTRA} me? en github {needle}`,
      `${BUSCA}|${ENCUENTRA} me? {needle} en github`,
    ],
  },
  toCalls: toSearch,
  example: {
    en: 'search GitHub for issues about memory leaks',
    es: 'busca en GitHub incidencias sobre fugas de memoria',
  },
  done: { en: 'Found on GitHub for “{query}”:', es: 'Encontrado en GitHub para «{query}»:' },
  failed: { en: 'I could not search GitHub for “{query}”:', es: 'No pude buscar «{query}» en GitHub:' },
  remedies: remediesOf(),
};

/** What is only looked at, and the search of all that there is at GitHub. */
export const GITHUB_READING_SKILLS: readonly Skill[] = [
  searchGitHub,
  listRepositories,
  listCommits,
  listInRepository,
];

/** Tried last: "show me issue 12 of the shop repo" is no wish to see the repository. */
export const REPOSITORY_SKILLS: readonly Skill[] = [readRepository];

/** In the code of one repository, by the word that GitHub's search has for it. */
function toSearch(captured: Captured) {
  const { needle = '', marks, github = {} } = captured;
  const kind = marks.includes('issues') ? 'issues' : 'code';
  const { repository } = github;
  if (repository === undefined && !github.referring) return [{ kind, query: needle }] satisfies Arguments[];
  const name = /([\w-]+\/[\w.-]+?)(?:\.git)?\/?$/.exec(repository ?? '')?.[1];
  return name === undefined
    ? ({ reason: 'which_repository', subject: '', suggestion: ABOUT_REPOSITORY } as const)
    : [{ kind, query: `${needle} repo:${name}` }];
}
