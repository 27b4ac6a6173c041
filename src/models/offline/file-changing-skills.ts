import { AGENT, BORRA, CAMBIA, CREA, CREATE, verbsInAr } from './file-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';

const MAKE = 'create|make|generate|write|save|add';
const PUT = 'write|save|put|store';
const WITH = 'with|containing|that_says|which_says|saying|that_contains|:';
const ALL = 'all@all|every|each of? the? occurrences|instances|appearances? of?';
const GUARDA = `${verbsInAr('guard')}|escribe|escriba|escribi|escribir|escribas|escribieras|escribeme`;
const PON = `${GUARDA}|pon|pone|ponga|poner|pongas|pusieras|mete|meta|meter|metas`;
const CON = 'con|que_diga|que_contenga|que_ponga|diciendo|:';
const TODO = 'all@todo|toda|todos|todas el|la|los|las? apariciones|ocurrencias|veces? de?';
const WITH_ALL =
  'recursive@with_everything_in_it|and_everything_in_it|with_everything_inside|and_everything_inside|with_everything_inside_it|and_everything_inside_it|with_everything_it_contains|and_everything_it_contains|with_all_its_contents|and_all_its_contents|with_its_contents|and_its_contents|and_all_of_its_contents|with_all_that_is_in_it|and_all_that_is_in_it|with_all_its_files|and_all_its_files|and_all_the_files_in_it|recursively';
const CON_TODO =
  'recursive@con_todo_lo_que_hay_dentro|y_todo_lo_que_hay_dentro|con_todo_lo_que_hay_en_ella|y_todo_lo_que_hay_en_ella|con_todo_lo_que_contiene|y_todo_lo_que_contiene|con_todo_lo_que_tiene|con_todo_lo_que_tiene_dentro|y_todo_lo_que_tiene_dentro|con_todo_su_contenido|y_todo_su_contenido|con_su_contenido|y_su_contenido|con_todo_dentro|con_todo_lo_de_dentro|y_todo_lo_de_dentro|con_todos_sus_archivos|y_todos_sus_archivos|recursivamente|de_forma_recursiva';
const THOROUGH = {
  en: 'delete the folder {path} with everything in it',
  es: 'borra la carpeta {path} con todo lo que hay dentro',
};

/** Text that would have to be composed first, which a rule engine cannot do. */
const COMPOSITION =
  /^(?:an?|the|some|una?|el|la|unos|unas)\s(?:\p{L}+\s)?(?:poem|story|essay|summary|letter|song|script|report|article|speech|haiku|joke|poema|cuento|historia|ensayo|resumen|carta|canci[oó]n|informe|art[ií]culo|discurso|chiste)(?=\s|[.,;:!?]|$)/iu;
const REFERENCE =
  /^(?:this|that|it|them|the following|this text|esto|eso|lo|la|lo siguiente|este texto)[.:]?$/i;
const PATH_ALONE = /^[\w./-]{1,200}\.[a-z]\w{0,5}$/i;

const writeFile: Skill = {
  agent: AGENT,
  tool: 'write_file',
  destructive: false,
  phrases: {
    en: [
      `${MAKE} me? {path} ${WITH} {text}`,
      `${CREATE} me? {path} and write|put|add {text} in_it|inside_it|into_it|inside|to_it`,
      `${CREATE} me? {path} and write|put|add {text}`,
      `${CREATE}|save a|an|the? new? file|document|note with|containing {text} in|at|to|as|called|named {path}`,
      `${PUT} to|in|into|inside {path} :|that|the_following|this {text}`,
      `${PUT} to|in|into|inside {path} {quoted}`,
      `${PUT} {text} in|into|to|inside|as {path}`,
      `${CREATE} me? {path}`,
    ],
    es: [
      `${CREA}|${GUARDA} me? {path} ${CON} {text}`,
      `${CREA} me? {path} y escribe|pon|ponle|guarda|mete|anade|agrega {text} dentro|en_el|ahi`,
      `${CREA} me? {path} y escribe|pon|ponle|guarda|mete|anade|agrega {text}`,
      `${CREA} me? un|el? nuevo? archivo|fichero|documento con {text} en|llamado|de_nombre|como {path}`,
      `${PON} en|dentro_de|a|al {path} :|que|lo_siguiente|esto {text}`,
      `${PON} en|dentro_de|a|al {path} {quoted}`,
      `${PON} {text} en|dentro_de|a|al|como {path}`,
      `${CREA} me? {path}`,
    ],
  },
  toCalls: toWriting,
  example: { en: 'create {path} with buy milk', es: 'crea {path} con comprar leche' },
  done: { en: 'Written.', es: 'Escrito.' },
  failed: { en: 'I could not write {path}:', es: 'No pude escribir {path}:' },
};

const editFile: Skill = {
  agent: AGENT,
  tool: 'edit_file',
  destructive: false,
  phrases: {
    en: [
      `change|swap ${ALL} {change:to|into|for|with} in|inside|within|throughout {path}`,
      `replace|substitute ${ALL} {change:with|by} in|inside|within|throughout {path}`,
      'change|swap {change:to|into|for|with} all@everywhere in|inside|within {path}',
      'replace|substitute {change:with|by} all@everywhere in|inside|within {path}',
      'change|swap {change:to|into|for|with} in|inside|within {path}',
      'replace|substitute {change:with|by} in|inside|within {path}',
      `in|inside|within {path} change|swap ${ALL} {lastchange:to|into|for|with}`,
      `in|inside|within {path} replace|substitute ${ALL} {lastchange:with|by}`,
      'in|inside|within {path} change|swap {lastchange:to|into|for|with}',
      'in|inside|within {path} replace|substitute {lastchange:with|by}',
      'edit|open|update|modify {path} :|and? change|swap {lastchange:to|into|for|with}',
      'edit|open|update|modify {path} :|and? replace|substitute {lastchange:with|by}',
    ],
    es: [
      `${CAMBIA} ${TODO} {change:por|a|con} en|dentro_de {path}`,
      `${CAMBIA} {change:por|a|con} all@en_todas_partes en|dentro_de|de {path}`,
      `${CAMBIA} {change:por|a|con} en|dentro_de {path}`,
      `en|dentro_de {path} ${CAMBIA} ${TODO} {lastchange:por}`,
      `en|dentro_de {path} ${CAMBIA} {lastchange:por}`,
      `${verbsInAr('edit')}|modifica|modifique|modificar|modifiques|abre {path} :|y? ${CAMBIA} {lastchange:por}`,
    ],
  },
  toCalls: toEditing,
  example: { en: 'change milk to bread in {path}', es: 'cambia leche por pan en {path}' },
  done: { en: 'Changed.', es: 'Cambiado.' },
  failed: { en: 'I could not change {path}:', es: 'No pude cambiar {path}:' },
};

const deleteFile: Skill = {
  agent: AGENT,
  tool: 'delete_file',
  destructive: true,
  phrases: {
    en: [
      `delete|remove|erase|trash {tree} ${WITH_ALL}`,
      `recursive@recursively delete|remove|erase|trash {tree}`,
      'delete|remove|erase|trash|rm {paths}',
      `get rid of {tree} ${WITH_ALL}`,
      'get rid of {paths}',
    ],
    es: [`${BORRA} {tree} ${CON_TODO}`, `recursive@recursivamente ${BORRA} {tree}`, `${BORRA} {paths}`],
  },
  toCalls: toDeleting,
  example: { en: 'delete {path}', es: 'borra {path}' },
  thorough: THOROUGH,
  done: { en: 'Deleted.', es: 'Borrado.' },
  failed: { en: 'I could not delete {path}:', es: 'No pude borrar {path}:' },
  remedies: {
    folder_not_empty: {
      en: `To have it deleted with all that is in it, say: ${THOROUGH.en}`,
      es: `Para borrarla con todo lo que contiene, di: ${THOROUGH.es}`,
    },
  },
};

/** Changing what files hold, and taking them away. */
export const CHANGING_SKILLS: readonly Skill[] = [writeFile, editFile, deleteFile];

function toDeleting({ paths, marks }: Captured): Arguments[] {
  return paths.map(({ path }) => (marks.includes('recursive') ? { path, recursive: true } : { path }));
}

function toWriting({ paths: [named], content }: Captured): Arguments[] | Doubt {
  const path = named?.path ?? '';
  const text = content?.text ?? '';
  if (content?.open && REFERENCE.test(text)) return { reason: 'which_text', subject: path };
  if (content?.open && COMPOSITION.test(text)) return { reason: 'compose', subject: text };
  if (content?.open && PATH_ALONE.test(text)) return { reason: 'which_text', subject: path };
  return [{ path, content: text }];
}

function toEditing({ paths: [named], change, marks }: Captured): Arguments[] | Doubt {
  const path = named?.path ?? '';
  if (change === 'ambiguous') return { reason: 'quote', subject: path };
  if (change === undefined || change === 'incomplete') return { reason: 'malformed', subject: path };
  return [{ path, edits: [marks.includes('all') ? { ...change, all: true } : change] }];
}
