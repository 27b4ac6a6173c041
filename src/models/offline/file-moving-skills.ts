import { AGENT, COPIA, CREA, CREATE, verbsInAr } from './file-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';
import { EXTENSION, sayable } from './slots.ts';

const OVER =
  'overwrite@overwrite|overwriting|overwrite_it|overwriting_it|with_overwrite|and_overwrite|and_overwrite_it|and_overwrite_the_file|but_overwrite_it|replace|replace_it|replacing_it|and_replace_it|and_replace_the_file|and_replace_what_is_there|and_overwrite_what_is_there|overwriting_what_is_there|replacing_what_is_there|even_if_it_exists|even_if_it_is_there';
const KEEPING = 'without_overwriting|without_overwriting_it|without_replacing_it';
const MUEVE = `${verbsInAr('traslad')}|mueve|mueva|mover|move|muevas|movieras|mueveme|muevame|moveme|moverme`;
const SOBRE =
  'overwrite@sobrescribe|sobreescribe|sobrescribelo|sobreescribelo|sobrescribiendo|sobreescribiendo|sobrescribiendolo|sobreescribiendolo|y_sobrescribe|y_sobreescribe|y_sobrescribelo|y_sobreescribelo|y_sobrescribe_el_que_hay|sobrescribiendo_el_que_hay|reemplazalo|y_reemplazalo|reemplazandolo|y_reemplaza|y_reemplaza_el_que_hay|reemplazando_el_que_hay|aunque_exista|aunque_ya_exista|si_existe_sobrescribelo';
const CONSERVANDO = 'sin_sobrescribir|sin_sobreescribir|sin_sobrescribirlo|sin_reemplazarlo';
const CALLED = 'called|named|with_the_name';
const FOLDER_HERE = 'in|inside|under|within';

const renameOrMove: Skill = {
  agent: AGENT,
  tool: 'move_file',
  destructive: false,
  phrases: {
    en: [
      `rename@rename {entry} to|as|into? {target} ${OVER}|${KEEPING}?`,
      `rename@change the? name of {entry} to|into {target} ${OVER}|${KEEPING}?`,
      `move|mv {paths} into@into|inside|in {target} ${OVER}|${KEEPING}?`,
      `move|mv {paths} to|under {target} ${OVER}|${KEEPING}?`,
      'overwrite@move {entry} over|on_top_of {target}',
      'mv {paths} {target}',
    ],
    es: [
      `rename@${verbsInAr('renombr')} {entry} a|como|por|con_el_nombre? {target} ${SOBRE}|${CONSERVANDO}?`,
      `rename@${verbsInAr('cambi')} el? nombre de|del|a {entry} a|por {target} ${SOBRE}|${CONSERVANDO}?`,
      `rename@cambiale|cambiarle el nombre a {entry} a|por {target} ${SOBRE}|${CONSERVANDO}?`,
      `${MUEVE} {paths} into@en|dentro_de {target} ${SOBRE}|${CONSERVANDO}?`,
      `${MUEVE} {paths} a|al|hacia|hasta {target} ${SOBRE}|${CONSERVANDO}?`,
    ],
  },
  toCalls: (captured) =>
    captured.marks.includes('rename') ? toRenaming(captured) : toMoving('move', captured),
  example: { en: 'move {path} to archive/', es: 'mueve {path} a archivo/' },
  done: { en: 'Moved.', es: 'Movido.' },
  failed: { en: 'I could not move {from}:', es: 'No pude mover {from}:' },
};

const copyFile: Skill = {
  agent: AGENT,
  tool: 'copy_file',
  destructive: false,
  phrases: {
    en: [
      `copy|duplicate|cp {paths} into@into|inside|in {target} ${OVER}|${KEEPING}?`,
      `copy|duplicate|cp {paths} to|as|under {target} ${OVER}|${KEEPING}?`,
      'overwrite@copy {entry} over|on_top_of {target}',
      'cp {paths} {target}',
      `make|create a copy of {entry} into@in|into|inside {target} ${OVER}|${KEEPING}?`,
      `make|create a copy of {entry} to|as|called|named {target} ${OVER}|${KEEPING}?`,
      'copy|duplicate {entry}',
      'make|create a copy of {entry}',
    ],
    es: [
      `${COPIA}|${verbsInAr('duplic')} {paths} into@en|dentro_de {target} ${SOBRE}|${CONSERVANDO}?`,
      `${COPIA}|${verbsInAr('duplic')} {paths} a|al|como|hacia {target} ${SOBRE}|${CONSERVANDO}?`,
      `${CREA} una copia de|del {entry} into@en|dentro_de {target} ${SOBRE}|${CONSERVANDO}?`,
      `${CREA} una copia de|del {entry} llamada|como|con_el_nombre|de_nombre {target} ${SOBRE}|${CONSERVANDO}?`,
      `${COPIA}|${verbsInAr('duplic')} {entry}`,
      `${CREA} una copia de|del {entry}`,
    ],
  },
  toCalls: (captured) => toMoving('copy', captured),
  example: { en: 'copy {path} to archive/', es: 'copia {path} en archivo/' },
  done: { en: 'Copied.', es: 'Copiado.' },
  failed: { en: 'I could not copy {from}:', es: 'No pude copiar {from}:' },
};

const makeFolder: Skill = {
  agent: AGENT,
  tool: 'make_folder',
  destructive: false,
  phrases: {
    en: [
      `${CREATE} me? a|the|an? new|empty? folder|directory|subfolder ${FOLDER_HERE} {folder} ${CALLED} {newname}`,
      `${CREATE} me? {newfolders} ${FOLDER_HERE} {folder}`,
      `${CREATE} me? {newfolders}`,
      'mkdir {newname}',
    ],
    es: [
      `${CREA} me? una|la|un|el? nueva|nuevo? carpeta|directorio|subcarpeta en|dentro_de {folder} llamada|llamado|de_nombre|con_el_nombre {newname}`,
      `${CREA} me? {newfolders} en|dentro_de {folder}`,
      `${CREA} me? {newfolders}`,
    ],
  },
  toCalls: ({ paths, folder }) =>
    paths.map(({ path }) => ({ path: folder === undefined ? path : `${trimmed(folder)}/${path}` })),
  example: { en: 'create a folder called plans', es: 'crea una carpeta planes' },
  done: { en: 'Done.', es: 'Hecho.' },
  failed: { en: 'I could not make the folder {path}:', es: 'No pude crear la carpeta {path}:' },
};

/** Putting files and folders in their places. */
export const MOVING_SKILLS: readonly Skill[] = [renameOrMove, copyFile, makeFolder];

const VERBS = { move: { en: 'move', es: 'mueve' }, copy: { en: 'copy', es: 'copia' } };

function toMoving(verb: 'move' | 'copy', { paths, target, marks }: Captured): Arguments[] | Doubt {
  const [first] = paths.map(({ path }) => path);
  const { en, es } = VERBS[verb];
  if (first === undefined || !target) return whichName(first ?? '', verb);
  const into = marks.includes('into') && target.kind !== 'root' && !EXTENSION.test(target.path);
  const folder = target.kind === 'folder' || into ? `${trimmed(target.path)}/` : undefined;
  const isClear =
    folder !== undefined ||
    target.kind === 'root' ||
    (paths.length === 1 &&
      (target.kind === 'quoted' ||
        EXTENSION.test(target.path) ||
        (target.kind === 'path' && !EXTENSION.test(first))));
  if (!isClear) {
    const what = paths.map(({ path }) => sayable(path)).join(', ');
    const suggestion = { en: `${en} ${what} to {path}/`, es: `${es} ${what} a {path}/` };
    return { reason: 'where', subject: trimmed(target.path), suggestion };
  }
  const overwrite = marks.includes('overwrite') ? { overwrite: true } : {};
  return paths.map(({ path: from }) => {
    const to = target.kind === 'root' ? nameIn(from) : (folder ?? target.path);
    return { from, to, ...overwrite };
  });
}

/** A new name without a slash is one in the same folder. */
function toRenaming({ paths: [named], target, marks }: Captured): Arguments[] | Doubt {
  const from = named?.path ?? '';
  if (!target || target.kind === 'root') return whichName(from, 'rename');
  const isVague = target.kind === 'bare' || (target.kind === 'path' && !EXTENSION.test(target.path));
  const extension = EXTENSION.exec(from)?.[0];
  const name = trimmed(target.path);
  if (isVague && extension !== undefined) {
    const suggestion = {
      en: `rename ${sayable(from)} to ${sayable(name + extension)}`,
      es: `renombra ${sayable(from)} a ${sayable(name + extension)}`,
    };
    return { reason: 'which_name', subject: from, suggestion };
  }
  const parent = trimmed(from).split('/').slice(0, -1);
  const to = name.includes('/') ? name : [...parent, name].join('/');
  return [{ from, to, ...(marks.includes('overwrite') ? { overwrite: true } : {}) }];
}

function whichName(from: string, verb: 'move' | 'copy' | 'rename'): Doubt {
  const [, stem = from, extension = ''] = /^(.*?)(\.[^./]*)?\/*$/.exec(from) ?? [];
  const [old, name] = [sayable(from), sayable(`${stem}-2${extension}`)];
  const english = verb === 'rename' ? 'rename' : VERBS[verb].en;
  const spanish = verb === 'rename' ? 'renombra' : VERBS[verb].es;
  const suggestion = { en: `${english} ${old} to ${name}`, es: `${spanish} ${old} a ${name}` };
  return { reason: 'which_name', subject: from, suggestion };
}

function nameIn(path: string): string {
  return trimmed(path).split('/').at(-1) ?? path;
}

function trimmed(path: string): string {
  return path.replace(/\/+$/, '');
}
