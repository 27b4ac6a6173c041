import { AGENT, CREA, verbsInAr } from './file-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';
import { EXTENSION } from './slots.ts';

const COMPRIME = `${verbsInAr('empaquet', 'zipe')}|comprime|comprima|comprimir|comprimas|comprimieras|comprimeme`;
const DESCOMPRIME = `${verbsInAr('desempaquet')}|descomprime|descomprima|descomprimir|descomprimas|descomprimieras|descomprimeme|extrae|extraiga|extraer|extraigas`;
const A_ZIP = 'zip|zip_file|zip_archive|archive';
const UN_ZIP = 'zip|archivo_zip|fichero_zip|archivo_comprimido';

const zipFiles: Skill = {
  agent: AGENT,
  tool: 'zip_files',
  destructive: false,
  phrases: {
    en: [
      'zip|compress up? {entries} into|to|in|as {target}',
      'pack up? {entries} into|to|in|as {other}',
      `make|create the|a|an? ${A_ZIP} called|named {target} of|from|with|out_of {entries}`,
      `make|create the|a|an? ${A_ZIP} of|from|with|out_of {entries} into|to|in|as|called|named {target}`,
      'zip|compress up? {entries}',
    ],
    es: [
      `${COMPRIME} {entries} en|como|a|dentro_de {target}`,
      `${CREA} un|el? ${UN_ZIP} llamado|de_nombre {target} con|de {entries}`,
      `${CREA} un|el? ${UN_ZIP} con|de {entries} en|como|llamado|de_nombre {target}`,
      `${COMPRIME} {entries}`,
    ],
  },
  toCalls: toPacking,
  example: { en: 'zip notes and plans into backup.zip', es: 'comprime notas y planes en copia.zip' },
  done: { en: 'Packed.', es: 'Comprimido.' },
  failed: { en: 'I could not pack {paths}:', es: 'No pude comprimir {paths}:' },
};

const unzipFile: Skill = {
  agent: AGENT,
  tool: 'unzip_file',
  destructive: false,
  phrases: {
    en: [
      'unzip|unpack|extract|decompress|uncompress the_contents_of|everything_from|everything_in|all_of? {path} into|to|in|inside|under {target}',
      'unzip|unpack|extract|decompress|uncompress the_contents_of|everything_from|everything_in|all_of? {path} here?',
    ],
    es: [
      `${DESCOMPRIME} el_contenido_de|todo_lo_de|todo_el_contenido_de? {path} en|dentro_de|a {target}`,
      `${DESCOMPRIME} el_contenido_de|todo_lo_de|todo_el_contenido_de? {path} aqui?`,
    ],
  },
  toCalls: toUnpacking,
  example: { en: 'unzip backup.zip into restored', es: 'descomprime copia.zip en restaurado' },
  done: { en: 'Unpacked.', es: 'Descomprimido.' },
  failed: { en: 'I could not unpack {path}:', es: 'No pude descomprimir {path}:' },
};

/** Zip files. */
export const PACKING_SKILLS: readonly Skill[] = [zipFiles, unzipFile];

function toPacking({ paths, target }: Captured): Arguments[] | Doubt {
  const names = paths.map(({ path }) => path);
  const [first = ''] = names;
  const said = names.map((name) => (/\s/.test(name) ? `"${name}"` : name));
  const suggestion = {
    en: `zip ${said.join(', ')} into backup.zip`,
    es: `comprime ${said.join(', ')} en copia.zip`,
  };
  if (!target) {
    if (names.length > 1) return { reason: 'which_name', subject: first, suggestion };
    const stem = first.replace(/\/+$/, '');
    return [{ paths: names, to: `${stem.replace(EXTENSION, '') || stem}.zip` }];
  }
  if (/\.zip$/i.test(target.path) && target.kind !== 'folder') return [{ paths: names, to: target.path }];
  if (target.kind === 'root') return { reason: 'which_name', subject: first, suggestion };
  if (target.kind === 'folder' || EXTENSION.test(target.path))
    return { reason: 'only_zip', subject: target.path, suggestion };
  return [{ paths: names, to: `${target.path}.zip` }];
}

function toUnpacking({ paths: [named], target }: Captured): Arguments[] | Doubt {
  const path = named?.path ?? '';
  if (!target) return [{ path }];
  const suggestion = { en: `unzip ${path} into restored`, es: `descomprime ${path} en restaurado` };
  if (target.kind === 'root') return { reason: 'which_name', subject: path, suggestion };
  return [{ path, to: target.path.replace(/\/+$/, '') }];
}
