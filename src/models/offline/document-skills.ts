import {
  ANADE,
  BUSCA,
  CONSULT,
  DOCUMENT_AGENT,
  DOCUMENTOS,
  DOCUMENTS,
  EVERYTHING,
  INDEX,
  INDEXA,
  INDEXADOS,
  INDEXED,
  OLVIDA,
  QUITA,
  REMOVE,
  TODO,
} from './document-words.ts';
import { ENCUENTRA, LEE, LISTA, LOOK, READ } from './file-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Skill } from './skill.ts';

const IN = 'in|inside|within|across|through|throughout';
const SOBRE = 'por|sobre|acerca_de';

const searchDocuments: Skill = {
  agent: DOCUMENT_AGENT,
  tool: 'search_documents',
  destructive: false,
  phrases: {
    en: [
      `search|scan|${CONSULT} {library} for|about|on {needle}`,
      `${LOOK} ${IN} {library} for {needle}`,
      `search|find|look_up|look|locate|scan for? me? {needle} ${IN} {library}`,
    ],
    es: [
      `${BUSCA}|${ENCUENTRA} me? {needle} en|dentro_de {library}`,
      `${BUSCA}|${ENCUENTRA} me? en|dentro_de|por {library} ${SOBRE}? {needle}`,
      `consulta|consulte|consultar {library} ${SOBRE} {needle}`,
      `consulta|consulte|consultar {needle} en {library}`,
    ],
  },
  toCalls: ({ needle = '', place }) => [
    { query: needle, ...(place?.path === undefined ? {} : { path: place.path }) },
  ],
  example: { en: 'search my documents for invoices', es: 'busca facturas en mis documentos' },
  done: { en: 'Search of the documents for “{query}”:', es: 'Búsqueda de «{query}» en los documentos:' },
  failed: {
    en: 'I could not search the documents for “{query}”:',
    es: 'No pude buscar «{query}» en los documentos:',
  },
};

const addDocuments: Skill = {
  agent: DOCUMENT_AGENT,
  tool: 'add_documents',
  destructive: false,
  phrases: {
    en: [
      `${INDEX} ${EVERYTHING}`,
      `${INDEX} {indexed}`,
      `${INDEX} all|everything? of? the|my|these? ${DOCUMENTS}? in|from|under|inside {indexed}`,
      `learn|study|read_in all|everything? of? the|my|these? ${DOCUMENTS} in|from|under|inside {indexed}`,
      'learn|study the|this|my? file|document|folder {indexed}',
      'read in {paths}',
      'add|include|load|import {indexed} to|into|in {index}',
      `add|include|load|import all|everything? of? the|my? ${DOCUMENTS}? in|from|under {indexed} to|into {index}`,
      'put {paths} in|into {index}',
      'make {paths} searchable',
    ],
    es: [
      `${INDEXA} ${TODO}`,
      `${INDEXA} {indexed}`,
      `${INDEXA} todo|todos|todas? los|las|mis|lo_que_hay? ${DOCUMENTOS}? en|de|dentro_de {indexed}`,
      `aprende|aprender|estudia|estudiar todos|todas? los|las|mis ${DOCUMENTOS} en|de|dentro_de {indexed}`,
      'aprende|aprender|estudia|estudiar el|la|este|esta? archivo|documento|fichero|carpeta {indexed}',
      `${ANADE} {indexed} al|a|en {index}`,
      `${ANADE} todo|todos|todas? los|las|mis|lo_que_hay? ${DOCUMENTOS}? de|en {indexed} al|a|en {index}`,
      'pon|mete|poner|meter {paths} en {index}',
    ],
  },
  toCalls: ({ paths }) => toPaths(paths.length === 0 ? [{ path: '.' }] : paths),
  example: { en: 'index {path}', es: 'indexa {path}' },
  done: { en: 'Adding {path}:', es: 'Añadiendo {path}:' },
  failed: { en: 'I could not index {path}:', es: 'No pude indexar {path}:' },
};

const listDocuments: Skill = {
  agent: DOCUMENT_AGENT,
  tool: 'list_documents',
  destructive: false,
  phrases: {
    en: [
      `which|what of? my|the? ${DOCUMENTS} in|inside|under {source} are|is|have_been ${INDEXED}`,
      `which|what of? my|the? ${DOCUMENTS} are|is|have_been|did_you|have_you already|there? ${INDEXED}`,
      `which|what of? my|the? ${DOCUMENTS} are|is there? in {index}`,
      `which|what of? my|the? ${DOCUMENTS} do|can you know|know_of|know_about|search`,
      'which|what documents|docs do you have',
      `what is|has_been ${INDEXED}`,
      `how many of? my|the? ${DOCUMENTS} are|have_been|do_you_have ${INDEXED}`,
      'what have you|we ingested|indexed|read_in|learned so_far?',
      "what's|whats|what_is in {index}",
      `list|show|display|see|give me? all? of? the|my|your? indexed ${DOCUMENTS}`,
      `list|show|display|see|give me? all? of? the|my|your? ${DOCUMENTS} in|of|from {index}`,
      `list|show|display|see|give me? all? of? the|my|your? ${DOCUMENTS} that_are|that_were|you_have|that_you_have ${INDEXED}`,
      'list|show|display me? {index}',
      `is|are {paths} already? ${INDEXED}`,
      `is|are {paths} already? in {index}`,
      `has|have {paths} been ${INDEXED}`,
    ],
    es: [
      `que|cuales ${DOCUMENTOS} de|en {source} estan|hay|tienes|han_sido|has|fueron ${INDEXADOS}`,
      `que|cuales ${DOCUMENTOS} estan|hay|tienes|han_sido|has|fueron ya? ${INDEXADOS}`,
      `que|cuales de? mis|los? ${DOCUMENTOS} estan|hay|tienes|has en {index}`,
      `que|cuales ${DOCUMENTOS} conoces|puedes_buscar|puedes_consultar|sabes`,
      `cuantos ${DOCUMENTOS} hay|estan|tienes|has ${INDEXADOS}`,
      `que hay|esta|tienes ${INDEXADOS}`,
      'que has indexado|leido|aprendido hasta_ahora?',
      'que hay|tienes en {index}',
      `${LISTA} me? todos|todas? los|las|mis|tus? ${DOCUMENTOS} ${INDEXADOS}`,
      `${LISTA} me? todos|todas? los|las|mis|tus? ${DOCUMENTOS} que_estan|que_has|que_tienes ${INDEXADOS}`,
      `${LISTA} me? todos|todas? los|las|mis|tus? ${DOCUMENTOS} de|del|en {index}`,
      `${LISTA} me? {index}`,
      `esta|estan {paths} ya? ${INDEXADOS}`,
      `esta|estan {paths} en {index}`,
    ],
  },
  toCalls: ({ paths, place }) => {
    const path = paths[0]?.path ?? place?.path;
    return [path === undefined ? {} : { path }];
  },
  example: { en: 'which documents are indexed?', es: '¿qué documentos están indexados?' },
  done: { en: 'The indexed documents:', es: 'Los documentos indexados:' },
  failed: { en: 'I could not list the documents:', es: 'No pude listar los documentos:' },
};

const removeDocuments: Skill = {
  agent: DOCUMENT_AGENT,
  tool: 'remove_documents',
  destructive: true,
  // "Delete a.md and delete b.md from the index" may mean both ways to lose a file.
  alone: true,
  phrases: {
    en: [
      `${REMOVE} {indexed} from|out_of {index}`,
      'forget about? {paths}',
      'unindex|un-index|deindex|de-index|unlearn {indexed}',
      'stop indexing {indexed}',
    ],
    es: [
      `${QUITA}|${OLVIDA} {indexed} de|del {index}`,
      `${OLVIDA} de? {paths}`,
      'desindexa|desindexe|desindexar {indexed}',
      'deja|deje|dejar de indexar {indexed}',
    ],
  },
  toCalls: ({ paths }) => toPaths(paths),
  example: { en: 'remove {path} from the index', es: 'quita {path} del índice' },
  done: { en: 'Taken out of the index.', es: 'Fuera del índice.' },
  failed: {
    en: 'I could not take {path} out of the index:',
    es: 'No pude quitar {path} del índice:',
  },
};

const PAGES = 'page|pages';
const PAGINAS = 'pagina|paginas';

const openDocument: Skill = {
  agent: DOCUMENT_AGENT,
  tool: 'open_document',
  destructive: false,
  phrases: {
    en: [
      `${READ} me? the? ${PAGES} {lines} of|from|in {path}`,
      `${READ} {path} at|on|from ${PAGES} {lines}`,
      `what does|is on? ${PAGES} {lines} of|in {path} say|contain?`,
      `what's|what_is on ${PAGES} {lines} of|in {path}`,
      'what is|are {path} about',
    ],
    es: [
      `${LEE} me? la|las? ${PAGINAS} {lines} de|del {path}`,
      `${LEE} {path} en|por|desde la? ${PAGINAS} {lines}`,
      'de que trata|tratan|va|habla {path}',
      `que dice|pone|hay|contiene en? la|las? ${PAGINAS} {lines} de|del {path}`,
    ],
  },
  toCalls: ({ paths, lines }) =>
    paths.map(({ path }) => (lines === undefined ? { path } : { path, page: lines.from })),
  example: { en: 'read page 2 of {path}', es: 'lee la página 2 de {path}' },
  done: { en: 'From {path}:', es: 'De {path}:' },
  failed: { en: 'I could not open {path}:', es: 'No pude abrir {path}:' },
};

/** What can be said to file-consultant; tried before the phrases about files, from which these differ by what they name. */
export const DOCUMENT_SKILLS: readonly Skill[] = [
  searchDocuments,
  addDocuments,
  listDocuments,
  removeDocuments,
  openDocument,
];

/** What is said to file-admin first, and to file-consultant where there is no file-admin. */
export const LATER_DOCUMENT_SKILLS: readonly Skill[] = [
  {
    ...openDocument,
    phrases: {
      en: [`${READ} me? {paths}`, 'what does {path} say|contain', "what's|what_is in {path}"],
      es: [`${LEE} me? {paths}`, 'que dice|pone|contiene|hay en? {path}'],
    },
  },
  {
    ...listDocuments,
    phrases: {
      en: [
        `list|show me? all? of? the|my|your? ${DOCUMENTS}`,
        'which|what documents|files do_i_have|are_there',
      ],
      es: [
        `${LISTA} me? todos|todas? los|las|mis|tus? ${DOCUMENTOS}`,
        `que|cuales ${DOCUMENTOS} tengo|hay|tienes`,
      ],
    },
  },
];

function toPaths(named: Pick<Captured['paths'][number], 'path'>[]): Arguments[] {
  return named.map(({ path }) => ({ path }));
}
