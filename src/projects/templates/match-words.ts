import { AMBIGUOUS_TECHNOLOGIES, TECHNICAL_WORDS, technologyOf } from '../../models/offline/project-words.ts';
import { fold } from '../../models/offline/sentence.ts';

/** A word of a brief or of a template. */
export interface Word {
  /** As it was written. */
  raw: string;
  folded: string;
  /** In the singular: what words are compared by. */
  stem: string;
}

/** Cuts a text into words, without hyphens: "front-end" is two, "Node.js" and "C#" are one. */
export function wordsOf(text: string): Word[] {
  const joined = text
    .replaceAll(/\breact[\s-]native\b/giu, 'reactnative')
    .replaceAll(/\bobjective-c\b/giu, 'objectivec')
    .replaceAll(/\bspring\sboot\b/giu, 'springboot')
    .replaceAll(/\b(type|java)\sscript\b/giu, '$1script');
  return [...joined.matchAll(/\.net\b|[\p{L}\p{N}][\p{L}\p{M}\p{N}+#.]*/giu)].map(([match]) => {
    const raw = match.replace(/\.+$/, '');
    const folded = fold(raw);
    return { raw, folded, stem: stemOf(folded) };
  });
}

/** Simple plurals, English and Spanish: the same for "libraries" and "library", "aplicaciones" and "aplicación". */
function stemOf(word: string): string {
  if (word.length < 4 || /(?:ss|us|is|js)$/.test(word)) return word;
  return word
    .replace(/ies$/, 'y')
    .replace(/(on|or|ad|nt)es$/, '$1')
    .replace(/s$/, '');
}

/** Words that may stand between a technology and what is made with it. */
const LIGHT = new Set(
  'small simple little tiny new basic modern typed public private internal y and'.split(' '),
);
const BEFORE_TECHNOLOGY = new Set('in en with con using usando on by y and e de'.split(' '));

/** Names of several words, as they are written. */
const WRITTEN = new Map([
  ['reactnative', 'React Native'],
  ['objectivec', 'Objective-C'],
  ['springboot', 'Spring Boot'],
]);

/** The technologies that a brief names, each by its one name, with the word as it was written. */
export function technologiesIn(
  words: readonly Word[],
  known: ReadonlySet<string>,
  kinds: ReadonlySet<string>,
): Map<string, string> {
  const found = new Map<string, string>();
  for (const [position, { raw, folded }] of words.entries()) {
    const name = nameOf(folded);
    if (!known.has(name) && technologyOf(folded) === undefined) continue;
    if (AMBIGUOUS_TECHNOLOGIES.has(folded) && !isMeant(words, position, kinds)) continue;
    found.set(name, WRITTEN.get(folded) ?? raw);
  }
  return found;
}

/** The one name of a technology of a template or a brief. */
export function nameOf(folded: string): string {
  return technologyOf(folded) ?? folded;
}

/** "Go service" and "in Go", but not "to go"; "React app", but not "react to messages". */
function isMeant(words: readonly Word[], position: number, kinds: ReadonlySet<string>): boolean {
  if (words.length === 1) return true;
  if (BEFORE_TECHNOLOGY.has(words[position - 1]?.folded ?? '')) return true;
  let ahead = position + 1;
  while (LIGHT.has(words[ahead]?.folded ?? '') || TECHNICAL_WORDS.has(words[ahead]?.folded ?? '')) ahead += 1;
  const next = words[ahead];
  if (next && (kinds.has(next.stem) || technologyOf(next.folded) !== undefined)) return true;
  if (next && GENERIC.has(next.stem)) return true;
  const before = words[position - 1];
  return before !== undefined && (kinds.has(before.stem) || GENERIC.has(before.stem));
}

/** What anything may be called: with a technology it is whatever is made with that one. */
export const GENERIC = new Set(
  'project proyecto app application aplicacion program programa software code codigo repo repository repositorio thing one scraper crawler'.split(
    ' ',
  ),
).union(new Set(['web scraper', 'web crawler']));

/** Where the name of a thing ends, and what it is for begins. */
export const STOPS = new Set(
  `with for to that which using in from of on by about based and as where built made written powered con en para que de del usando
  sobre a y basado basada hecho hecha escrito escrita donde al`.split(/\s+/),
);
/** Of these the first kind is the head, as in "librería cliente API"; of English ones the last. */
export const SPANISH_KINDS = new Set(
  `biblioteca libreria paquete modulo servicio microservicio servidor herramienta aplicacion pagina sitio asistente agente utilidad
  panel tablero interfaz`.split(/\s+/),
);
/** What people call pages; "web" alone is one of them, too, where nothing else is said. */
export const PAGES = new Set(
  'page webpage pagina website site sitio landing portfolio portafolio blog homepage'.split(' '),
);
/** Words for one sort of thing that several templates have, and the built-in one that is meant by them. */
export const MEANT: readonly { id: string; phrases: readonly string[] }[] = [
  {
    id: 'react-vite',
    phrases: [
      'web app',
      'web application',
      'webapp',
      'aplicacion web',
      'app web',
      'dashboard',
      'single page app',
      'spa',
    ],
  },
  {
    id: 'assistant-backend',
    phrases: [
      'assistant',
      'chatbot',
      'chat bot',
      'asistente',
      'agent',
      'agente',
      'chat backend',
      'backend chat',
    ],
  },
  { id: 'static-site', phrases: [...PAGES, 'web page', 'web site', 'sitio web', 'pagina web'] },
];
/** What an assistant may be behind: "a backend for a chatbot" is one. */
export const SERVERS = new Set('backend api server service servidor servicio'.split(' '));
/** What people ask for that is none of the kinds here, although a word in it may be. */
export const OTHER_THINGS: readonly string[] =
  `mobile app|mobile application|app movil|aplicacion movil|aplicacion para movil|
  desktop app|desktop application|app de escritorio|aplicacion de escritorio|browser extension|chrome extension|
  firefox extension|extension de chrome|extension de navegador|extension del navegador|extension para chrome|vscode extension|
  video game|videogame|game|videojuego|juego|plugin|operating system|compiler|firmware|smart contract|machine learning model`
    .split('|')
    .map((thing) => thing.trim());
/** What a template may come without: it is said, and does not keep the template from being taken. */
export const EXTRAS = new Set(
  `postgres postgresql mysql mariadb sqlite mongodb mongo redis graphql prisma drizzle tailwind tailwindcss sass kafka rabbitmq redux
  stripe firebase supabase oauth kubernetes docker dockerfile ci mit licencia license licence`.split(/\s+/),
);

/** Whether a word says something of what is wanted: no small word, and none that anything is called. */
export function isTelling({ stem, folded }: Word): boolean {
  return stem.length >= SHORTEST_TELLING && !STOPS.has(folded) && !GENERIC.has(stem) && !SMALL.has(folded);
}

const SHORTEST_TELLING = 4;
const SMALL = new Set(
  'something anything some other cool nice good great simple small little para algo alguna alguno otro otra bonito bonita sencillo sencilla mine mine this these those your mio esto'.split(
    ' ',
  ),
);
