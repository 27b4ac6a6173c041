import {
  AGENT,
  ANY_FILES,
  ARCHIVOS,
  BUSCA,
  CUALQUIER_ARCHIVO,
  ENCUENTRA,
  FIND,
  LISTA,
  LOOK,
  MUESTRA,
  verbsInAr,
} from './file-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Skill } from './skill.ts';

const HOLD =
  'contain|contains|mention|mentions|include|includes|hold|holds|say|says|talk_about|talks_about|refer_to|refers_to';
const HOLDING =
  'containing|mentioning|that_contain|that_contains|that_mention|that_mentions|which_contain|which_mention|that_say|that_include|that_talk_about|with_the_word|with_the_text|with_the_words|with_the_phrase';
const APPEAR = 'appear|appears|occur|occurs|show_up|shows_up';
const IN = 'in|inside|within|across|through|throughout';
const CONTIENEN =
  'contienen|contiene|mencionan|menciona|hablan_de|habla_de|incluyen|incluye|tienen|nombran|nombra|dicen|dice|hacen_referencia_a';
const QUE_CONTIENEN =
  'que_contienen|que_contengan|que_contenga|que_contiene|que_mencionan|que_mencionen|que_mencione|que_menciona|que_hablan_de|que_hablen_de|que_hable_de|que_incluyan|que_incluyen|que_tengan|que_tienen_el_texto|que_tienen_la_palabra|que_digan|que_dicen|con_la_palabra|con_las_palabras|con_el_texto|con_la_frase';
const APARECE = 'aparece|aparecen|sale|salen|se_menciona|se_mencionan|esta_escrito|se_habla_de|se_nombra';
const BUSCA_O_ENCUENTRA = `${BUSCA}|${ENCUENTRA}`;

const searchText: Skill = {
  agent: AGENT,
  tool: 'search_text',
  destructive: false,
  phrases: {
    en: [
      `search|grep|scan for? me? {needle} ${IN} {place}`,
      `find|look|locate for? me? {needle} ${IN} {certainplace}`,
      `find|look|locate for? me? {exactneedle} ${IN} {place}`,
      `${LOOK} in|inside|through|within|across {certainplace} for {needle}`,
      `${LOOK} in|inside|through|within|across {place} for {exactneedle}`,
      'search|scan {certainplace} for {needle}',
      'search|scan {place} for {exactneedle}',
      `which|what ${ANY_FILES} in|inside|under {place} ${HOLD} {needle}`,
      `which|what ${ANY_FILES} ${HOLD} {needle} ${IN} {certainplace}`,
      `which|what ${ANY_FILES} ${HOLD} {needle}`,
      `tell|show me which|what ${ANY_FILES} ${HOLD} {needle}`,
      `in which|what ${ANY_FILES} does|do|is|are {needle} ${APPEAR}|mentioned`,
      `where in {certainplace} does|do|is|are {needle} ${APPEAR}|mentioned`,
      `where does|do|is|are {needle} ${APPEAR}|mentioned ${IN} {certainplace}`,
      `is|are there any|a|some? ${ANY_FILES} ${HOLDING} {needle}`,
      `do|does any ${ANY_FILES} ${HOLD} {needle}`,
      `${FIND}|list|show|search me? all|every|the|any|my? of? the|my? ${ANY_FILES} ${HOLDING} {needle} ${IN} {certainplace}`,
      `${FIND}|list|show|search me? all|every|the|any|my? of? the|my? ${ANY_FILES} ${HOLDING} {needle}`,
      'search|grep|look for? {needle} everywhere|in_everything',
      'grep {exactneedle} {certainplace}',
      'grep for? {exactneedle}',
    ],
    es: [
      `${BUSCA}|grep me? {needle} en|dentro_de {place}`,
      `${BUSCA} me? {needle} en_todas_partes|en_todo|por_todas_partes`,
      `${ENCUENTRA} me? {needle} en|dentro_de {certainplace}`,
      `${ENCUENTRA} me? {exactneedle} en|dentro_de {place}`,
      `${BUSCA_O_ENCUENTRA} me? en|dentro_de|por {certainplace} {needle}`,
      `${BUSCA_O_ENCUENTRA} me? en|dentro_de {place} {exactneedle}`,
      `que|cuales|en_que|en_cuales ${CUALQUIER_ARCHIVO} de|en {place} ${CONTIENEN}|${APARECE} {needle}`,
      `que|cuales|en_que|en_cuales ${CUALQUIER_ARCHIVO} ${CONTIENEN}|${APARECE} {needle} en|dentro_de {certainplace}`,
      `que|cuales|en_que|en_cuales ${CUALQUIER_ARCHIVO} ${CONTIENEN}|${APARECE} {needle}`,
      `dime|${MUESTRA} me? que|cuales|en_que|en_cuales ${CUALQUIER_ARCHIVO} ${CONTIENEN}|${APARECE} {needle}`,
      `donde ${APARECE} {needle} en {certainplace}`,
      `hay algun|alguna? ${CUALQUIER_ARCHIVO} ${QUE_CONTIENEN} {needle}`,
      `${BUSCA_O_ENCUENTRA}|${LISTA}|${MUESTRA} me? todos|todas? los|las|mis? ${ARCHIVOS} ${QUE_CONTIENEN} {needle} en|dentro_de {certainplace}`,
      `${BUSCA_O_ENCUENTRA}|${LISTA}|${MUESTRA} me? todos|todas? los|las|mis? ${ARCHIVOS} ${QUE_CONTIENEN} {needle}`,
    ],
  },
  toCalls: ({ needle = '', place }) => [{ query: needle, ...place }],
  example: { en: 'search for milk in my files', es: 'busca leche en mis archivos' },
  done: { en: 'Search for “{query}”:', es: 'Búsqueda de «{query}»:' },
  failed: { en: 'I could not search for “{query}”:', es: 'No pude buscar «{query}»:' },
};

const compareFiles: Skill = {
  agent: AGENT,
  tool: 'compare_files',
  destructive: false,
  phrases: {
    en: [
      'compare|diff {path} and|with|to|against? {other}',
      "what's|whats|what_is|what_are|show|tell|give|see me? the? difference|differences|diff between|of {path} and|with {other}",
      'how do|does|are|is {path} and|from {other} differ|different',
      'how does {path} differ from {other}',
      'are|is {path} and {other} the? same|identical|equal|different',
      'is {path} the_same_as|identical_to|equal_to|different_from {other}',
    ],
    es: [
      `${verbsInAr('compar')} me? {path} y|con|e|contra? {other}`,
      'en que se diferencian|diferencia|distinguen|distingue {path} y|e|de|con {other}',
      'cual|cuales es|son la|las diferencia|diferencias entre {path} y|e {other}',
      'que diferencia|diferencias hay|tienen|existe entre? {path} y|e {other}',
      'que hay de? diferente|distinto entre {path} y|e {other}',
      `${MUESTRA}|dame|dime me? la|las? diferencia|diferencias entre|de {path} y|e|con {other}`,
      'son iguales|identicos|diferentes|distintos {path} y|e {other}',
      'son {path} y|e {other} iguales|identicos|diferentes|distintos',
    ],
  },
  toCalls: toComparison,
  example: { en: 'compare {path} and notes/done.md', es: 'compara {path} con notes/done.md' },
  done: { en: 'Comparison of {from} and {to}:', es: 'Comparación de {from} y {to}:' },
  failed: { en: 'I could not compare {from} and {to}:', es: 'No pude comparar {from} y {to}:' },
};

/** Finding text, and differences. */
export const SEARCHING_SKILLS: readonly Skill[] = [searchText, compareFiles];

function toComparison({ paths: [named], target }: Captured): Arguments[] {
  return [{ from: named?.path ?? '', to: target?.path ?? '' }];
}
