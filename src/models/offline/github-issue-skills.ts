import { ANADE } from './document-words.ts';
import { BUSCA, CREA, ENCUENTRA, LEE, LISTA } from './file-words.ts';
import { forEachNumber, inRepository, remediesOf, wanting } from './github-skill.ts';
import { ABRE, CIERRA, CLOSE, COMENTA, COMMENT, GITHUB_AGENT, OPEN, REABRE, SHOW } from './github-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';

const STATE = 'all@all? of? the|my|our? open@open? closed@closed?';
const THERE = 'there|currently|still|now';
const ABIERTAS = 'open@abiertas|abiertos? closed@cerradas|cerrados?';
const INCIDENCIAS = 'incidencias|issues';
const IN_ALL = '{github:repository!|filter|query}';
const IN_SURE = '{github:surely!|filter|query}';

const listIssues: Skill = {
  agent: GITHUB_AGENT,
  tool: 'list_issues',
  of: ({ kind }) => kind === undefined,
  destructive: false,
  phrases: {
    en: [
      `${SHOW} me? ${STATE} issues ${IN_ALL}`,
      // "Find issues in docs" is a search of files.
      `find|search|look for? ${STATE} issues {github:certainly!|filter|query}`,
      `${SHOW}|find me? ${STATE} github issues {github:repository|filter|query}`,
      `${SHOW} me? all@all? {repository:sure} open@open? closed@closed? issues {github:filter|query}`,
      `search the|all? ${STATE} issues {github:surely!} for {needle}`,
      `search|find|look for? {needle} in the issues {github:surely!}`,
      `which|what issues are ${THERE}? open@open closed@closed? ${IN_ALL}`,
      `which|what issues are ${THERE}? closed@closed ${IN_ALL}`,
      `which|what open@open issues are ${THERE}? ${IN_ALL}`,
      `which|what open@open? closed@closed? issues does|do|has {repository:sure} have`,
      `how many open@open? closed@closed? issues are ${THERE}? open@open? closed@closed? ${IN_SURE}`,
      `how many open@open? closed@closed? issues does|has {repository:sure} have`,
      `are|is there any|some? open@open? closed@closed? issues ${IN_SURE}`,
    ],
    es: [
      `${LISTA} me? all@todas|todos? las|los|mis? ${ABIERTAS} ${INCIDENCIAS} ${ABIERTAS} ${IN_ALL}`,
      `${BUSCA}|${ENCUENTRA} me? las|los|mis? ${ABIERTAS} ${INCIDENCIAS} ${ABIERTAS} {github:certainly!|filter|query}`,
      `${BUSCA} {needle} en las|los ${INCIDENCIAS} ${ABIERTAS} {github:surely!}`,
      `${BUSCA} en las|los ${INCIDENCIAS} {github:surely!} {needle}`,
      `que|cuales|cuantas|cuantos ${INCIDENCIAS} open@abiertas|abiertos hay|quedan|estan? ${IN_ALL}`,
      `que|cuales|cuantas|cuantos ${INCIDENCIAS} hay|quedan|estan ${ABIERTAS} ${IN_SURE}`,
      `que|cuales|cuantas|cuantos ${INCIDENCIAS} ${ABIERTAS} tiene {repository:sure} ${ABIERTAS}`,
      `hay ${INCIDENCIAS} ${ABIERTAS} ${IN_SURE}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, listIssues, ({ query: asked }) => {
      const query = [asked, captured.needle].filter((part) => part !== undefined).join(' ');
      return { ...stateOf(captured), ...(query === '' ? {} : { query }) };
    }),
  example: { en: 'list the open issues of ana/shop', es: 'lista las incidencias abiertas de ana/tienda' },
  done: { en: 'The issues of {repository}:', es: 'Las incidencias de {repository}:' },
  failed: {
    en: 'I could not list the issues of {repository}:',
    es: 'No pude listar las incidencias de {repository}:',
  },
  remedies: remediesOf(),
};

const readIssue: Skill = {
  agent: GITHUB_AGENT,
  tool: 'read_issue',
  destructive: false,
  phrases: {
    en: [
      'show|read|open|view|display|see|get|describe|summarize|summarise me? {issue} {github:numbered}',
      "what's|what_is {issue} {github:numbered} about",
      'what does {issue} {github:numbered} say',
      'tell me about {issue} {github:numbered}',
    ],
    es: [
      `${LEE}|describe|resume|resumeme me? {issue} {github:numbered}`,
      'de que trata|va|habla {issue} {github:numbered}',
      'que dice|pone en? {issue} {github:numbered}',
    ],
  },
  toCalls: (captured) => forEachNumber(captured, readIssue, () => ({})),
  example: { en: 'read issue 12 of ana/shop', es: 'lee la incidencia 12 de ana/tienda' },
  done: { en: 'Issue {number} of {repository}:', es: 'La incidencia {number} de {repository}:' },
  failed: {
    en: 'I could not read issue {number} of {repository}:',
    es: 'No pude leer la incidencia {number} de {repository}:',
  },
  remedies: remediesOf(),
};

const openIssue: Skill = {
  agent: GITHUB_AGENT,
  tool: 'open_issue',
  destructive: false,
  phrases: {
    en: [
      `${OPEN} a|an|the|another? new? github? issue|bug_report {github:repository!|titled|topic|body}`,
      `${OPEN} a|an|the|another? new? github? issue {github:titled!|body|repository}`,
      `${OPEN} a|an|the|another? new? github issue {github:titled|topic|body|repository}`,
      `${OPEN} a|an? new? issue {github:titled|body|target!|topic}`,
    ],
    es: [
      `${ABRE}|${CREA}|${ANADE}|registra|registrar|reporta|reportar|nueva|nuevo me? una|un|la|otra|otro? nueva|nuevo? incidencia|issue nueva|nuevo? {github:repository!|titled|topic|body}`,
      `${ABRE}|${CREA}|registra|registrar|reporta|reportar|nueva|nuevo me? una|un|la|otra|otro? nueva|nuevo? incidencia|issue nueva|nuevo? {github:titled!|body|repository}`,
      `${ABRE}|${CREA} en {repository:sure} una|un? nueva|nuevo? incidencia|issue nueva|nuevo? {github:titled|topic|body}`,
    ],
  },
  toCalls: (captured) =>
    inRepository(captured, openIssue, ({ title, body }) => {
      if (title === undefined) return { reason: 'incomplete', subject: '', suggestion: openIssue.example };
      return { title, ...(body === undefined || body === '' ? {} : { body }) };
    }),
  example: {
    en: 'open an issue in ana/shop titled "Login fails"',
    es: 'abre una incidencia en ana/tienda titulada «Falla el acceso»',
  },
  done: { en: 'The issue is opened:', es: 'La incidencia está abierta:' },
  failed: {
    en: 'I could not open the issue in {repository}:',
    es: 'No pude abrir la incidencia en {repository}:',
  },
  remedies: remediesOf(),
};

const commentOn: Skill = {
  agent: GITHUB_AGENT,
  tool: 'comment',
  destructive: false,
  phrases: {
    en: [
      `${COMMENT} on|to|in|at? {thread} {github:numbered|saying}`,
      `${COMMENT} {saying} on|to|in|at {thread} {github:numbered}`,
      'add|post|leave|write|put|make a|the|this? new? comment|reply on|to|in|at|under {thread} {github:numbered|saying}',
      'add|post|leave|write|put|make a|the|this? new? comment|reply {saying} on|to|in|at|under {thread} {github:numbered}',
    ],
    es: [
      `${COMENTA} en|a|al|sobre? {thread} {github:numbered|saying}`,
      `${COMENTA} {saying} en|a|al|sobre {thread} {github:numbered}`,
      `${ANADE}|deja|dejar|deje|pon|poner|escribe|escribir|publica|publicar un|el|este? comentario en|a|al {thread} {github:numbered|saying}`,
      `${ANADE}|deja|dejar|deje|pon|poner|escribe|escribir|publica|publicar un|el|este? comentario {saying} en|a|al {thread} {github:numbered}`,
    ],
  },
  toCalls: (captured) => forEachNumber(captured, commentOn, ({ body, numbers }) => toComment(body, numbers)),
  example: {
    en: 'comment on issue 12 of ana/shop: "Fixed."',
    es: 'comenta en la incidencia 12 de ana/tienda: «Arreglado.»',
  },
  done: { en: 'Commented on #{number} of {repository}:', es: 'Comentario en #{number} de {repository}:' },
  failed: {
    en: 'I could not comment on #{number} of {repository}:',
    es: 'No pude comentar en #{number} de {repository}:',
  },
  remedies: remediesOf(),
};

const PLACED = '{github:numbered}';
const updateIssue: Skill = {
  agent: GITHUB_AGENT,
  tool: 'update_issue',
  destructive: false,
  phrases: {
    en: [
      `closed@${CLOSE} {thread} ${PLACED}`,
      `mark {thread} ${PLACED} closed@as_closed|as_done|as_resolved|as_fixed ${PLACED}`,
      `open@reopen|re-open {thread} ${PLACED}`,
      `label|tag|mark {thread} ${PLACED} as|with {labels} ${PLACED}`,
      `add|put the? label|labels {labels} to|on {thread} ${PLACED}`,
      `add|put the? {labels} label|labels to|on {thread} ${PLACED}`,
      `assign {thread} ${PLACED} to {people} ${PLACED}`,
      `assign {people} to {thread} ${PLACED}`,
    ],
    es: [
      `closed@${CIERRA} {thread} ${PLACED}`,
      `marca|marcar {thread} ${PLACED} closed@como_cerrada|como_cerrado|como_resuelta|como_resuelto|como_hecha ${PLACED}`,
      `open@${REABRE} {thread} ${PLACED}`,
      `etiqueta|etiquete|etiquetar|marca|marcar {thread} ${PLACED} como|con {labels} ${PLACED}`,
      `${ANADE}|pon|poner|ponle la|las? etiqueta|etiquetas {labels} a|en|al {thread} ${PLACED}`,
      `asigna|asigne|asignar|asignale {thread} ${PLACED} a {people} ${PLACED}`,
      `asigna|asigne|asignar a? {people} a|en|al {thread} ${PLACED}`,
    ],
  },
  toCalls: (captured) =>
    forEachNumber(captured, updateIssue, ({ labels, people }) => toUpdate(captured, labels, people)),
  example: { en: 'close issue 12 of ana/shop', es: 'cierra la incidencia 12 de ana/tienda' },
  done: { en: 'Changed #{number} of {repository}:', es: 'Cambiado #{number} de {repository}:' },
  failed: {
    en: 'I could not change #{number} of {repository}:',
    es: 'No pude cambiar #{number} de {repository}:',
  },
  remedies: remediesOf(),
};

/** What can be said of issues. What is told apart by a number goes before what lists. */
export const ISSUE_SKILLS: readonly Skill[] = [commentOn, updateIssue, readIssue, openIssue, listIssues];

/** The state that was said, if one was. */
export function stateOf(captured: Captured): Arguments {
  const state = wanting(captured, ['open', 'closed', 'all']);
  return state === undefined ? {} : { state };
}

/** What stands for a text that was not given. */
const REFERENCE = /^(?:this|that|it|the following|esto|eso|lo siguiente|algo|something)[.:]?$/i;

function toComment(body: string | undefined, numbers: number[] = []): Arguments | Doubt {
  return body === undefined || REFERENCE.test(body)
    ? { reason: 'which_text', subject: numbers.map((number) => `#${number}`).join(', ') }
    : { body };
}

/** Nobody here knows under which name "me" is known at GitHub. */
function toUpdate(captured: Captured, labels?: string[], people?: string[]): Arguments | Doubt {
  if (people?.some((name) => /^(?:me|mi)$/i.test(name)))
    return {
      reason: 'which_name',
      subject: '',
      suggestion: {
        en: 'assign issue 12 of ana/shop to ana',
        es: 'asigna la incidencia 12 de ana/tienda a ana',
      },
    };
  if (people) return { assign: people };
  return labels ? { add_labels: labels } : stateOf(captured);
}
