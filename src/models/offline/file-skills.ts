import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';

const AGENT = 'file-admin';

const MAKE = 'create|make|generate|write|save|add';
const CREATE = 'create|make|generate|add';
const PUT = 'write|save|put|store';
const WITH = 'with|containing|that_says|which_says|saying|that_contains|:';
const ALL = 'all@all|every|each of? the? occurrences|instances|appearances? of?';
const READ = 'read|open|show|display|print|view|see|cat';
const LIST = 'list|show|display|see|view|give';
const FILES = 'files|documents|folders|files_and_folders';
const HERE = 'here|in_here|in_the_workspace|in_my_workspace|in_this_workspace|in_the_root';

const CREA = `${verbsInAr('cre', 'gener')}|haz|hace|haga|hagas|hazme|hacer|hicieras`;
const GUARDA = `${verbsInAr('guard')}|escribe|escriba|escribi|escribir|escribas|escribieras|escribeme`;
const PON = `${GUARDA}|pon|pone|ponga|poner|pongas|pusieras|mete|meta|meter|metas`;
const CON = 'con|que_diga|que_contenga|que_ponga|diciendo|:';
const TODO = 'all@todo|toda|todos|todas el|la|los|las? apariciones|ocurrencias|veces? de?';
const CAMBIA = `${verbsInAr('cambi', 'reemplaz', 'remplaz')}|sustituye|sustituya|sustituir|sustitui|sustituyas|sustituyeras`;
const MUESTRA = `${verbsInAr('ensen')}|muestra|muestre|mostra|mostrar|muestres|mostraras|muestrame|muestreme|mostrame|mostrarme|ver`;
const LEE = `${MUESTRA}|lee|lea|leer|leas|leyeras|leeme|leame|leerme|abre|abra|abri|abrir|abras|abrieras|abreme|dame|imprime`;
const LISTA = `${verbsInAr('list')}|${MUESTRA}|dame|dime`;
const ARCHIVOS = 'archivos|ficheros|documentos|carpetas|archivos_y_carpetas';
const AQUI =
  'aqui|de_aqui|que_hay|que_tengo|del_espacio_de_trabajo|de_mi_espacio_de_trabajo|en_mi_espacio_de_trabajo';

/** Text that would have to be composed first, which a rule engine cannot do. */
const COMPOSITION =
  /^(?:an?|the|some|una?|el|la|unos|unas)\s(?:\p{L}+\s)?(?:poem|story|essay|summary|letter|song|script|report|article|speech|haiku|joke|poema|cuento|historia|ensayo|resumen|carta|canci[oó]n|informe|art[ií]culo|discurso|chiste)(?=\s|[.,;:!?]|$)/iu;
const REFERENCE =
  /^(?:this|that|it|them|the following|this text|esto|eso|lo|la|lo siguiente|este texto)[.:]?$/i;
const PATH_ALONE = /^[\w./-]{1,200}\.[a-z]\w{0,5}$/i;

const listFiles: Skill = {
  agent: AGENT,
  tool: 'list_files',
  destructive: false,
  phrases: {
    en: [
      'list|ls|dir',
      `${LIST} me? the? list_of? all? of? my|the|our|your? ${FILES} in|inside|of|from|under|within {folder}`,
      `${LIST} me? the? list_of? all? of? my|the|our|your? ${FILES} there_are|i_have|that_i_have|${HERE}?`,
      `${LIST} me? the? contents|content of {directory}`,
      'list|ls|dir {directory}',
      'ls|dir {folder}',
      `what|which ${FILES} do i|we|you have|see in|inside {folder}`,
      `what|which ${FILES} do i|we|you have|see ${HERE}?`,
      `what|which ${FILES} are|exist there? in|inside {folder}`,
      `what|which ${FILES} are|exist there? ${HERE}?`,
      `do i|we have any ${FILES} in|inside {folder}`,
      `do i|we have any ${FILES} ${HERE}?`,
      `are there any|some? ${FILES} in|inside {folder}`,
      `are there any|some? ${FILES} ${HERE}?`,
      `show|tell me what|which ${FILES} i_have|we_have|there_are in|inside {folder}`,
      `show|tell me what|which ${FILES} i_have|we_have|there_are ${HERE}?`,
      "what's|whats|what_is in|inside {directory}",
      "what's|whats|what_is in|inside my|the|this|our workspace|root|root_folder",
      "show|tell me? what's|what_is in|inside {directory}",
    ],
    es: [
      `${LISTA} me? la_lista_de|una_lista_de|lista_de? todos|todas? mis|los|las|tus|nuestros? ${ARCHIVOS} de|en|del|dentro_de|que_hay_en|que_hay_dentro_de {folder}`,
      `${LISTA} me? la_lista_de|una_lista_de|lista_de? todos|todas? mis|los|las|tus|nuestros? ${ARCHIVOS} ${AQUI}?`,
      `${LISTA} me? el|lo_que_hay_en? contenido_de|contenido_del? {directory}`,
      `${LISTA} que ${ARCHIVOS} tengo|hay|tenemos en|dentro_de {folder}`,
      `${LISTA} que ${ARCHIVOS} tengo|hay|tenemos`,
      'lista|listar',
      `que|cuales|cuantos son? mis|los? ${ARCHIVOS} tengo|hay|tenemos|existen|tienes en|dentro_de {folder}`,
      `que|cuales|cuantos son? mis|los? ${ARCHIVOS} tengo|hay|tenemos|existen|tienes|son? ${AQUI}?`,
      `hay|tengo algun|algunos? ${ARCHIVOS} en|dentro_de {folder}`,
      'que hay|tengo en|dentro_de {directory}',
      'que hay aqui|en_mi_espacio_de_trabajo|en_el_espacio_de_trabajo',
      `${LISTA} que|lo_que hay en|dentro_de {directory}`,
    ],
  },
  toCalls: ({ folder }) => [folder === undefined ? {} : { path: folder }],
  example: { en: 'list my files', es: 'lista mis archivos' },
  done: { en: 'Here is the list:', es: 'Esta es la lista:' },
  failed: { en: 'I could not list the files:', es: 'No pude listar los archivos:' },
};

const readFile: Skill = {
  agent: AGENT,
  tool: 'read_file',
  destructive: false,
  phrases: {
    en: [
      `${READ} me? {paths}`,
      `${READ}|tell|give me? the? contents|content|text of|in|from {path}`,
      "what's|whats|what_is in|inside {path}",
      "show|tell me? what's|what_is in|inside {path}",
      'what does {path} say|contain|have|look_like in_it?',
      "what's|what_is|what_are the contents|content|text of|in {path}",
      'let me see|read|view {paths}',
      'can|could|may i see|read|view {paths}',
    ],
    es: [
      `${LEE} me? {paths}`,
      `${LEE}|dime me? el? contenido|texto de|del|en {path}`,
      'que hay|pone|dice|contiene|tiene en|dentro_de? {path}',
      `${LEE}|dime que|lo_que hay|pone|dice|contiene|tiene en|dentro_de? {path}`,
      'cual es el contenido|texto de|del {path}',
      'dejame ver|leer {paths}',
      'puedo ver|leer {paths}',
    ],
  },
  toCalls: onePerPath,
  example: { en: 'read {path}', es: 'lee {path}' },
  done: { en: 'Content of {path}:', es: 'Contenido de {path}:' },
  failed: { en: 'I could not read {path}:', es: 'No pude leer {path}:' },
};

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
    en: ['delete|remove|erase|trash|rm {paths}', 'get rid of {paths}'],
    es: [`${verbsInAr('borr', 'elimin', 'quit')}|suprime|suprima|suprimir|suprimas {paths}`],
  },
  toCalls: onePerPath,
  example: { en: 'delete {path}', es: 'borra {path}' },
  done: { en: 'Deleted.', es: 'Borrado.' },
  failed: { en: 'I could not delete {path}:', es: 'No pude borrar {path}:' },
};

/** What can be said to file-admin. */
export const FILE_SKILLS: readonly Skill[] = [listFiles, readFile, writeFile, editFile, deleteFile];

function onePerPath({ paths }: Captured): Arguments[] {
  return paths.map(({ path }) => ({ path }));
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

/**
 * The forms in which a request uses regular Spanish verbs in -ar, for tú, vos and usted, without accents: "crea", "cree",
 * "crear", "(que) crees", "(que) crearas", and with "me" behind.
 */
function verbsInAr(...stems: string[]): string {
  return stems
    .flatMap((stem) => {
      const soft = stem.replace(/z$/, 'c');
      const forms = [`${stem}a`, `${soft}e`, `${stem}ar`, `${soft}es`, `${stem}aras`];
      return [...forms, `${stem}ame`, `${soft}eme`, `${stem}arme`];
    })
    .join('|');
}
