/** The agent that files are the business of. */
export const AGENT = 'file-admin';

/*
 * The words that commands about files are made of, as alternatives of a phrase. English first; Spanish names are Spanish.
 */
export const CREATE = 'create|make|generate|add';
export const READ = 'read|open|show|display|print|view|see|cat';
export const LIST = 'list|show|display|see|view|give';
export const FIND = 'find|locate';
export const LOOK = 'search|look|find|scan';
export const FILES = 'files|documents|folders|files_and_folders';
export const ANY_FILES = 'file|files|document|documents|note|notes|of_my_files|of_the_files|of_my_notes';
export const HERE = 'here|in_here|in_the_workspace|in_my_workspace|in_this_workspace|in_the_root';

export const CREA = `${verbsInAr('cre', 'gener')}|haz|hace|haga|hagas|hazme|hacer|hicieras`;
export const CAMBIA = `${verbsInAr('cambi', 'reemplaz', 'remplaz')}|sustituye|sustituya|sustituir|sustitui|sustituyas|sustituyeras`;
export const MUESTRA = `${verbsInAr('ensen')}|muestra|muestre|mostra|mostrar|muestres|mostraras|muestrame|muestreme|mostrame|mostrarme|ver`;
export const LEE = `${MUESTRA}|lee|lea|leer|leas|leyeras|leeme|leame|leerme|abre|abra|abri|abrir|abras|abrieras|abreme|dame|imprime`;
export const LISTA = `${verbsInAr('list')}|${MUESTRA}|dame|dime`;
export const BUSCA = `${verbsInAr('busc', 'localiz')}`;
export const ENCUENTRA =
  'encuentra|encuentre|encontra|encontrar|encuentres|encontraras|encuentrame|encuentreme|encontrame|encontrarme';
export const COPIA = verbsInAr('copi');
export const BORRA = `${verbsInAr('borr', 'elimin', 'quit')}|suprime|suprima|suprimir|suprimas`;
export const ARCHIVOS = 'archivos|ficheros|documentos|carpetas|archivos_y_carpetas';
export const CUALQUIER_ARCHIVO =
  'archivo|archivos|fichero|ficheros|documento|documentos|nota|notas|de_mis_archivos|de_los_archivos|de_mis_notas';
export const AQUI =
  'aqui|de_aqui|que_hay|que_tengo|del_espacio_de_trabajo|de_mi_espacio_de_trabajo|en_mi_espacio_de_trabajo';

/**
 * The forms in which a request uses regular Spanish verbs in -ar, for tú, vos and usted, without accents: "crea", "cree",
 * "crear", "(que) crees", "(que) crearas", and with "me" behind.
 */
export function verbsInAr(...stems: string[]): string {
  return stems
    .flatMap((stem) => {
      const soft = stem.replace(/[cz]$/, (last) => (last === 'z' ? 'c' : 'qu'));
      const forms = [`${stem}a`, `${soft}e`, `${stem}ar`, `${soft}es`, `${stem}aras`];
      return [...forms, `${stem}ame`, `${soft}eme`, `${stem}arme`];
    })
    .join('|');
}
