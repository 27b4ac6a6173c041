import { patternOfName } from './file-kinds.ts';
import {
  AGENT,
  AQUI,
  ARCHIVOS,
  BUSCA,
  ENCUENTRA,
  FILES,
  FIND,
  HERE,
  LEE,
  LIST,
  LISTA,
  MUESTRA,
  READ,
} from './file-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';

const RECURSIVELY =
  'recursive@recursively|and_subfolders|and_all_subfolders|with_subfolders|with_all_subfolders|including_subfolders|including_all_subfolders|and_its_subfolders|and_below';
const TREE =
  'the|a|my? full|whole|complete|entire? tree|file_tree|folder_tree|directory_tree|tree_of_folders|tree_of_files|folder_structure|directory_structure';
const TREES = [
  `recursive@show|draw|display|print|see|give|list me? ${TREE} of|in|for|under {place}`,
  `recursive@show|draw|display|print|see|give|list me? ${TREE} ${HERE}?`,
  'recursive@tree',
  `recursive@list|show|display me? everything|all that_is? in|inside|under {place} recursively?`,
  `recursive@list everything|all_the_files|all_files recursively|${HERE}`,
  'recursive@list everything',
  `recursive@recursively list all? the|my? ${FILES}? in|inside|under {place}`,
  `recursive@recursively list all? the|my? ${FILES}|everything`,
];
const BY_NAME = [
  `${FIND}|${LIST}|search|get|ls|dir for? me? {kind} in|inside|under|from|of|within {place} recursively?`,
  `${FIND}|${LIST}|search|get|ls|dir for? me? {kind} there_are|i_have|that_i_have|we_have|${HERE}? recursively?`,
  'what|which {kind} are_there|do_i_have|do_we_have|exist|are in|inside|under {place}',
  `what|which {kind} are_there|do_i_have|do_we_have|exist|are? ${HERE}?`,
  'are there any|some? {kind} in|inside|under {place}',
  `are there any|some? {kind} ${HERE}?`,
  'do i|we have any|some? {kind} in|inside|under {place}',
  `do i|we have any|some? {kind} ${HERE}?`,
  `${FIND}|look|search for? me? {path} in|inside|under {certainplace}`,
  `${FIND}|look|search for? me? {path}`,
  "where is|are|'s {path}",
];

const RECURSIVO =
  'recursive@recursivamente|de_forma_recursiva|con_subcarpetas|con_sus_subcarpetas|con_todas_sus_subcarpetas|y_subcarpetas|y_sus_subcarpetas|y_todas_sus_subcarpetas|incluidas_las_subcarpetas|incluyendo_subcarpetas';
const DIBUJA = `${MUESTRA}|lista|listar|listame|liste|dame|dibuja|dibujame|dibujar`;
const ARBOL =
  'el|un|mi? arbol|arbol_completo|arbol_de_carpetas|arbol_de_archivos|arbol_de_directorios|arbol_de_ficheros|arbol_de_carpetas_completo|arbol_completo_de_carpetas';
const ARBOLES = [
  `recursive@${DIBUJA} me? ${ARBOL} de|en|del|dentro_de {place}`,
  `recursive@${DIBUJA} me? ${ARBOL} ${AQUI}?`,
  `recursive@${DIBUJA} me? la estructura_de_carpetas|estructura_de_directorios ${AQUI}?`,
  `recursive@${DIBUJA} me? todo lo_que_hay|lo_que_tengo|lo_que_contiene? en|dentro_de|de {place} recursivamente?`,
  'recursive@lista|listar|listame|liste todo lo_que_hay|lo_que_tengo? recursivamente|aqui?',
  'que hay en|dentro_de {folder} recursive@y_sus_subcarpetas|y_en_sus_subcarpetas|y_subcarpetas',
];
const POR_NOMBRE = [
  `${BUSCA}|${ENCUENTRA}|${LISTA} me? {kind} en|dentro_de|de|que_hay_en|que_hay_dentro_de {place} recursivamente?`,
  `${BUSCA}|${ENCUENTRA}|${LISTA} me? {kind} ${AQUI}? recursivamente?`,
  'que|cuales {kind} hay|tengo|tenemos|existen|son en|dentro_de {place}',
  `que|cuales {kind} hay|tengo|tenemos|existen|son ${AQUI}?`,
  'hay|tengo algun|algunos? {kind} en|dentro_de {place}',
  'hay|tengo algun|algunos? {kind}',
  `${ENCUENTRA} {path} en|dentro_de {certainplace}`,
  `${BUSCA}|${ENCUENTRA} {path}`,
  'donde esta|tengo {path}',
];

const LINES = [
  `${READ} me? the? lines|line {lines} of|from|in {path}`,
  `${READ} me? from|between lines|line {lines} of|from|in {path}`,
  `${READ} me? the? first@first {lines} lines of|from|in {path}`,
  `${READ} me? the? first@first_line of|from|in {path}`,
  `${READ} me? {path} between? lines|line {lines}`,
  `${READ} me? {path} onwards@from|starting_at|starting_from the? lines|line {lines} on|onwards?`,
  "what's|what_is|what_are|what on|in the? lines|line {lines} of|in {path}",
];
const LINEAS = [
  `${LEE} me? de|desde|entre? la|las? lineas|linea entre? la? {lines} de|del|en {path}`,
  `${LEE} me? la|las first@primeras {lines} lineas de|del|en {path}`,
  `${LEE} me? la first@primera_linea de|del|en {path}`,
  `${LEE} me? {path} entre? la|las? lineas|linea {lines}`,
  `${LEE} me? {path} onwards@de|desde|a_partir_de la? linea|lineas {lines} en_adelante?`,
  'que hay|pone|dice en? la|las lineas|linea {lines} de|del {path}',
];

const listFiles: Skill = {
  agent: AGENT,
  tool: 'list_files',
  destructive: false,
  phrases: {
    en: [
      ...TREES,
      'list|ls|dir',
      `${LIST} me? the? list_of? all? of? my|the|our|your? ${FILES} in|inside|of|from|under|within {folder} ${RECURSIVELY}?`,
      `${LIST} me? the? list_of? all? of? my|the|our|your? ${FILES} there_are|i_have|that_i_have|${HERE}? ${RECURSIVELY}?`,
      `${LIST} me? the? contents|content of {directory}`,
      `list|ls|dir|show|open|display|see|view|tree me? {saidfolder} ${RECURSIVELY}?`,
      `list|ls|dir {directory} ${RECURSIVELY}?`,
      `ls|dir {folder} ${RECURSIVELY}?`,
      ...BY_NAME,
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
      ...POR_NOMBRE,
      `${LISTA} me? la_lista_de|una_lista_de|lista_de? todos|todas? mis|los|las|tus|nuestros? ${ARCHIVOS} de|en|del|dentro_de|que_hay_en|que_hay_dentro_de {folder} ${RECURSIVO}?`,
      `${LISTA} me? la_lista_de|una_lista_de|lista_de? todos|todas? mis|los|las|tus|nuestros? ${ARCHIVOS} ${AQUI}? ${RECURSIVO}?`,
      `${LISTA} me? el|lo_que_hay_en? contenido_de|contenido_del? {directory} ${RECURSIVO}?`,
      `${LISTA} que ${ARCHIVOS} tengo|hay|tenemos en|dentro_de {folder}`,
      `${LISTA} que ${ARCHIVOS} tengo|hay|tenemos`,
      'lista|listar',
      `que|cuales|cuantos son? mis|los? ${ARCHIVOS} tengo|hay|tenemos|existen|tienes en|dentro_de {folder}`,
      `que|cuales|cuantos son? mis|los? ${ARCHIVOS} tengo|hay|tenemos|existen|tienes|son? ${AQUI}?`,
      `hay|tengo algun|algunos? ${ARCHIVOS} en|dentro_de {folder}`,
      'que hay|tengo en|dentro_de {directory}',
      'que hay aqui|en_mi_espacio_de_trabajo|en_el_espacio_de_trabajo',
      `${LISTA} que|lo_que hay en|dentro_de {directory}`,
      ...ARBOLES,
    ],
  },
  toCalls: toListing,
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
      ...LINES,
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
      ...LINEAS,
      `${LEE} me? {paths}`,
      `${LEE}|dime me? el? contenido|texto de|del|en {path}`,
      'que hay|pone|dice|contiene|tiene en|dentro_de? {path}',
      `${LEE}|dime que|lo_que hay|pone|dice|contiene|tiene en|dentro_de? {path}`,
      'cual es el contenido|texto de|del {path}',
      'dejame ver|leer {paths}',
      'puedo ver|leer {paths}',
    ],
  },
  toCalls: toReading,
  example: { en: 'read {path}', es: 'lee {path}' },
  done: { en: 'Content of {path}:', es: 'Contenido de {path}:' },
  failed: { en: 'I could not read {path}:', es: 'No pude leer {path}:' },
};

/** Looking at folders and files. */
export const READING_SKILLS: readonly Skill[] = [listFiles, readFile];

function toListing({ folder, place, pattern, paths: [named], marks }: Captured): Arguments[] | Doubt {
  const byName = named && patternOfName(named.path);
  if (named && byName === undefined) return { reason: 'quote', subject: named.path };
  const path = folder ?? place?.path;
  const wanted = pattern ?? byName ?? place?.pattern;
  return [
    {
      ...(path === undefined ? {} : { path }),
      ...(wanted === undefined ? {} : { pattern: wanted }),
      ...(marks.includes('recursive') && wanted === undefined ? { recursive: true } : {}),
    },
  ];
}

function toReading({ paths, lines, marks }: Captured): Arguments[] {
  const first = marks.includes('first');
  if (first || lines) {
    const start = first ? 1 : (lines?.from ?? 1);
    const end = first ? (lines?.to ?? 1) : lines?.to;
    const open = marks.includes('onwards') && lines?.single === true;
    return paths.map(({ path }) => ({ path, start_line: start, ...(open ? {} : { end_line: end }) }));
  }
  return paths.map(({ path }) => ({ path }));
}
