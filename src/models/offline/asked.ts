import { fold } from './sentence.ts';

/** What a question asks for beside what it is about, and how a statement shows that it has it. */
export interface Asked {
  /** The concept that stands for it in a text, as `conceptsOf` writes it. */
  concept: string;
  /** What a statement has in it that answers, if it does not have the concept itself. */
  evidence: RegExp;
  /** How a statement says it of the speaker. */
  self: RegExp;
}

const TIME = anyOf(
  `monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
  october november december today tomorrow tonight morning afternoon evening night noon midnight weekend week month spring
  summer autumn winter christmas easter lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo
  junio julio agosto septiembre octubre noviembre diciembre hoy manana tarde noche mediodia semana mes primavera verano otono
  invierno navidad`,
);
const NUMBER = anyOf(
  `no one two three four five six seven eight nine ten eleven twelve dozen many uno una un dos tres cuatro cinco seis siete
  ocho nueve diez once doce docena muchos`,
);
const COLOUR = anyOf(
  `red blue green yellow black white grey gray brown orange purple pink silver gold golden beige rojo roja azul verde amarillo
  amarilla negro negra blanco blanca gris marron naranja morado morada rosa plateado plateada dorado dorada`,
);
const PLACE =
  /\b(?:in|at|on|near|to|from|under|behind|inside|next|en|cerca|junto|bajo|sobre|dentro|detras|al) \S|\b(?:de|from) \p{Lu}/u;
const PROPER_NAME = /\S ["'“«]?\p{Lu}\p{L}/u;
const NAME_OF_SELF =
  /\b(?:[Mm]y name|[Ii] am called|[Cc]all me|[Mm]e llamo|[Mm]i nombre|[Ll]l[aá]mame)\b|\b(?:I'm|I’m|I am|[Ss]oy) \p{Lu}/u;
const NEVER = /(?!)/;

/** Of two that a question has, the first one in its words counts; of two in the same place, the first one here. */
const FORMS: { question: RegExp; asked: Asked }[] = [
  {
    question: /\bhow old\b|\bwhat age\b|\bcuantos anos\b|\bque edad\b/,
    asked: {
      concept: '=old',
      evidence: NUMBER,
      self: /\b(?:i am|i'm|i turned|tengo|cumplo|cumpli) \d|\btengo \w+ anos\b/,
    },
  },
  {
    question: /\bhow (?:many|much)\b|\bcuant[oa]s?\b/,
    asked: { concept: '=amount', evidence: NUMBER, self: NEVER },
  },
  {
    question:
      /\bwhen\b|\b(?:what|which) (?:day|date|time|month|year)\b|\bcuando\b|\bque (?:dia|fecha|hora|mes|ano)\b/,
    asked: { concept: '=when', evidence: TIME, self: NEVER },
  },
  {
    question:
      /\bwhere\b|\b(?:what|which) (?:city|town|country|place)\b|\badonde\b|\bdonde\b|\b(?:que|cual) (?:ciudad|pueblo|pais|sitio|lugar)\b/,
    asked: {
      concept: '=where',
      evidence: PLACE,
      self: /\b(?:i am|i'm|i come) (?:from|in|at)\b|\b(?:soy|vengo|estoy) (?:de|en)\b/,
    },
  },
  {
    question: /\bcolou?rs?\b|\bcolor(?:es)?\b/,
    asked: { concept: '=colour', evidence: COLOUR, self: NEVER },
  },
  {
    question:
      /\bwho\b|\bwhom\b|\bquien(?:es)?\b|\bname[sd]?\b|\bcalled\b|\bllam(?:a|o|an|aba)\b|\bnombres?\b/,
    asked: { concept: '=name', evidence: PROPER_NAME, self: NAME_OF_SELF },
  },
];
const FORM_WORDS = new Set(
  'day date time month year city town country place dia fecha hora mes ano ciudad pueblo pais sitio lugar color colour'.split(
    ' ',
  ),
);
const LONGEST_QUESTION = 400;

/** A digit, or one of the words, also in the plural. */
function anyOf(words: string): RegExp {
  return new RegExp(String.raw`\d|\b(?:${words.trim().split(/\s+/).join('|')})s?\b`);
}

/** What a question asks for, or undefined when all of its words count alike. */
export function askedBy(question: string): Asked | undefined {
  const folded = fold(question.slice(0, LONGEST_QUESTION));
  return FORMS.map(({ question: form, asked }) => ({ asked, place: folded.search(form) }))
    .filter(({ place }) => place >= 0)
    .toSorted((one, other) => one.place - other.place)[0]?.asked;
}

/** Whether a word of a question belongs to its form: the "day" of "what day is …". */
export function isFormWord(word: string): boolean {
  return FORM_WORDS.has(word);
}

/** Whether a statement has something that a pattern of `Asked` describes. */
export function shows(pattern: RegExp, statement: string): boolean {
  return pattern.test(statement) || pattern.test(fold(statement));
}
