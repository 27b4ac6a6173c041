import { verbsInAr } from './file-words.ts';

/** The agent that answers from documents. */
export const DOCUMENT_AGENT = 'file-consultant';

/*
 * The words that commands about documents are made of, as alternatives of a phrase. English first; Spanish names are Spanish.
 */
export const CONSULT = 'consult|query|check';
export const DOCUMENTS = 'documents|docs|files|folders|notes|papers';
export const INDEX = 'index|ingest|reindex|re-index|read_and_index';
export const INDEXED = 'indexed|ingested|read_in|searchable|known';
export const EVERYTHING =
  'everything|all_my_files|all_the_files|all_files|all_my_documents|all_the_documents|all_documents|my_files|my_documents|the_workspace|my_workspace';
export const REMOVE = 'remove|delete|drop|take|forget|erase|exclude|clear';

export const BUSCA = `${verbsInAr('busc')}|localiza|localizar`;
export const DOCUMENTOS = 'documentos|archivos|ficheros|carpetas|notas|apuntes';
export const INDEXA = `${verbsInAr('index', 'reindex')}|ingiere|ingerir|lee_e_indexa|lea_e_indexe|leer_e_indexar`;
export const INDEXADOS = 'indexados|indexadas|indexado|indexada|leidos|leido';
export const TODO =
  'todo|todos_mis_archivos|todos_los_archivos|todos_mis_documentos|todos_los_documentos|mis_archivos|mis_documentos|el_espacio_de_trabajo';
export const ANADE = `${verbsInAr('incorpor')}|agrega|agregue|agregar|agregues|carga|cargue|cargar|cargues|anade|anada|anadir|anadas|anademe|incluye|incluya|incluir`;
export const QUITA = `${verbsInAr('quit', 'borr', 'elimin', 'sac', 'retir')}|excluye|excluya|excluir`;
export const OLVIDA = `${verbsInAr('olvid')}|olvidate`;
