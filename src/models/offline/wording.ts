import { citationOf } from '../passages.ts';
import type { PassageAnswer } from './document-answers.ts';
import type { Bilingual, Language } from './language.ts';
import { sentencesOf } from './questions.ts';
import type { Recollection } from './recollect.ts';
import type { Doubt } from './skill.ts';
import type { Memory } from './statements.ts';

/** How answers of this model begin that say nothing new; by these it knows them again in the history. */
const OPENINGS = {
  unknown: { en: "I don't know", es: 'No lo sé' },
  youTold: { en: 'You told me', es: 'Me lo dijiste' },
  brought: { en: 'In what you brought me', es: 'En lo que me trajiste' },
  iTold: { en: 'I told you', es: 'Te lo dije' },
  documents: { en: 'In your documents:', es: 'En tus documentos:' },
  nothingFound: { en: 'I found nothing in your documents', es: 'No encontré nada en tus documentos' },
  noted: { en: 'Noted', es: 'Anotado' },
  nothingDone: { en: 'I have not done anything', es: 'No he hecho nada' },
  offline: {
    en: 'I am the offline rule engine of Tertulia',
    es: 'Soy el motor de reglas sin conexión de Tertulia',
  },
  hello: { en: 'Hello!', es: '¡Hola!' },
  welcome: { en: 'You are welcome.', es: 'De nada.' },
} satisfies Record<string, Bilingual>;

const KEYS = 'OPENAI_API_KEY / OPENAI_BASE_URL';
const LONGEST_ECHO = 160;

/** Whether an answer in the history only repeats, greets or regrets, so that there is nothing in it to remember. */
export function isOwnSmallTalk(answer: string): boolean {
  return Object.values(OPENINGS).some(({ en, es }) => answer.startsWith(en) || answer.startsWith(es));
}

export function sayUnknown(language: Language): string {
  return language === 'es'
    ? `${OPENINGS.unknown.es}: no encuentro nada sobre eso en lo que me has contado. Si me lo dices, lo recordaré; y con un modelo de lenguaje configurado (${KEYS}) podría razonar sobre ello.`
    : `${OPENINGS.unknown.en}: I find nothing about that in what you have told me. Tell me and I will remember it; and with a language model configured (${KEYS}) I could reason about it.`;
}

/** Quotes what was said, with when. */
export function sayRecollection({ quotes, certainty }: Recollection, language: Language): string {
  const [first, ...later] = quotes;
  if (!first) return sayUnknown(language);
  const opening = certainty === 'near' ? nearOpening(language) : '';
  const rest = later.map(
    (quote) =>
      (language === 'es'
        ? `; y después, ${when(quote, language)}: `
        : `; and then, ${when(quote, language)}: `) + quoted(quote, language),
  );
  return `${opening}${attribution(first, language)} ${when(first, language)}: ${quoted(first, language)}${rest.join('')}`;
}

/** Quotes files, each quote on a line of its own with its citation. */
export function sayPassages({ certainty, quotes }: PassageAnswer, language: Language): string {
  const near: Bilingual = {
    en: `${OPENINGS.unknown.en} for certain. The closest that I find in your documents:`,
    es: `${OPENINGS.unknown.es} con certeza. Lo más cercano que encuentro en tus documentos:`,
  };
  const opening = certainty === 'near' ? near : OPENINGS.documents;
  return [opening[language], ...quotes.map(({ text, place }) => `“${text}” ${citationOf(place)}`)].join('\n');
}

/** Says that a search found nothing, and what was searched, in the words of the tool. */
export function sayNothingFound(searched: string, language: Language): string {
  return `${OPENINGS.nothingFound[language]}. ${searched}`;
}

function nearOpening(language: Language): string {
  return language === 'es'
    ? `${OPENINGS.unknown.es} con certeza. Lo más cercano que encuentro: `
    : `${OPENINGS.unknown.en} for certain. The closest that I find: `;
}

function attribution({ role, name }: Memory, language: Language): string {
  if (name) return `${OPENINGS.brought[language]}, ${name} ${language === 'es' ? 'dijo' : 'said'}`;
  return (role === 'user' ? OPENINGS.youTold : OPENINGS.iTold)[language];
}

function when({ createdAt }: Memory, language: Language): string {
  if (!createdAt) return language === 'es' ? 'antes en esta conversación' : 'earlier in this conversation';
  const day = createdAt.toISOString().slice(0, 10);
  return language === 'es' ? `el ${day}` : `on ${day}`;
}

function quoted({ text }: Memory, language: Language): string {
  return language === 'es' ? `«${text}»` : `"${text}"`;
}

/** Acknowledges a statement; `commandLike` when it spoke of doing something that was not taken for a command. */
export function sayNoted(statement: string, language: Language, commandLike: boolean): string {
  const first = sentencesOf(statement)[0]?.replaceAll(/\s+/g, ' ') ?? '';
  const echo = first.length > LONGEST_ECHO ? `${first.slice(0, LONGEST_ECHO)}…` : first;
  const stop = /[.!?…]$/.test(echo) ? '' : '.';
  if (language === 'es') {
    const aside = commandLike ? ' No lo he tomado como una orden: no he tocado ningún archivo.' : '';
    return `${OPENINGS.noted.es}: «${echo}»${stop}${aside} Pregúntame por ello cuando quieras.`;
  }
  const aside = commandLike ? ' I did not take it for a command: no file was touched.' : '';
  return `${OPENINGS.noted.en}: "${echo}"${stop}${aside} Ask me about it whenever you like.`;
}

/** What is said of a message that starts like a command and is none. */
export function sayNotUnderstood(examples: string[], language: Language): string {
  return language === 'es'
    ? `${OPENINGS.nothingDone.es}: no lo he entendido como una orden; queda en la memoria, como todo lo que me dices. ${howToSay(examples, language)}`
    : `${OPENINGS.nothingDone.en}: I did not understand that as a command; it is kept in memory, like all that you say. ${howToSay(examples, language)}`;
}

const DOUBTS: Record<Doubt['reason'], Bilingual<(subject: string, example: string) => string>> = {
  confirm: {
    en: (_subject, example) => `I am not sure that you want it done. If you do, say: ${example}`,
    es: (_subject, example) => `no estoy seguro de que lo quieras. Si es así, di: ${example}`,
  },
  quote: {
    en: (subject) =>
      `that can be understood in more than one way (${subject}). Put the text in quotation marks, or send one command at a time.`,
    es: (subject) =>
      `se puede entender de más de una manera (${subject}). Pon el texto entre comillas o manda las órdenes de una en una.`,
  },
  compose: {
    en: (subject) =>
      `I cannot compose “${subject}”: I am a rule engine, not a language model. Give me the exact text in quotation marks, or configure a language model (${KEYS}).`,
    es: (subject) =>
      `no sé redactar «${subject}»: soy un motor de reglas, no un modelo de lenguaje. Dame el texto exacto entre comillas o configura un modelo de lenguaje (${KEYS}).`,
  },
  which_text: {
    en: (subject) =>
      `I do not know which text to write to ${subject}. Give it in the same message, in quotation marks.`,
    es: (subject) => `no sé qué texto escribir en ${subject}. Dámelo en el mismo mensaje, entre comillas.`,
  },
  too_many: {
    en: (subject) => `that is more than ${subject} at once. Please send fewer at a time.`,
    es: (subject) => `son más de ${subject} a la vez. Manda menos de una vez, por favor.`,
  },
  malformed: {
    en: (_subject, example) => `I do not see what to change into what. Say it like this: ${example}`,
    es: (_subject, example) => `no veo qué cambiar por qué. Dilo así: ${example}`,
  },
  where: {
    en: (subject, example) =>
      `I do not see whether ${subject} is a folder to put it into. If it is, say: ${example} (for a new name, put the name in quotation marks).`,
    es: (subject, example) =>
      `no veo si ${subject} es una carpeta en la que ponerlo. Si lo es, di: ${example} (si es un nombre nuevo, ponlo entre comillas).`,
  },
  which_name: {
    en: (_subject, example) => `I do not see under which name. Say it like this: ${example}`,
    es: (_subject, example) => `no veo con qué nombre. Dilo así: ${example}`,
  },
  which_repository: {
    en: (_subject, example) => `I do not see which repository is meant. Say it like this: ${example}`,
    es: (_subject, example) => `no veo qué repositorio es. Dilo así: ${example}`,
  },
  incomplete: {
    en: (_subject, example) => `there is something missing that I need for it. Say it like this: ${example}`,
    es: (_subject, example) => `falta algo que necesito para ello. Dilo así: ${example}`,
  },
  only_zip: {
    en: (subject, example) =>
      `I can only make zip files, and ${subject} is the name of none. Say it like this: ${example}`,
    es: (subject, example) =>
      `solo sé hacer archivos zip, y ${subject} no es el nombre de uno. Dilo así: ${example}`,
  },
};

/** Why a command was not carried out, and what would have it done. */
export function sayDoubt({ reason, subject }: Doubt, example: string, language: Language): string {
  const short = subject.length > LONGEST_ECHO ? `${subject.slice(0, LONGEST_ECHO)}…` : subject;
  return `${OPENINGS.nothingDone[language]}: ${DOUBTS[reason][language](short, example)}`;
}

/** What is said of a command whose agent is not there; `undone` is its text where others of the message were carried out. */
export function sayUnavailable(agent: string, language: Language, undone?: string): string {
  if (undone !== undefined) {
    return language === 'es'
      ? `Sin hacer: «${undone}». Entiendo la orden, pero aquí no tengo a ${agent}, que es quien la cumple.`
      : `Not done: “${undone}”. I understand the command, but ${agent}, who carries it out, is not available here.`;
  }
  return language === 'es'
    ? `${OPENINGS.nothingDone.es}: entiendo la orden, pero aquí no tengo a ${agent}, que es quien la cumple.`
    : `${OPENINGS.nothingDone.en}: I understand the command, but ${agent}, who carries it out, is not available here.`;
}

/** Who answers and what can be asked for. */
export function sayAbilities(examples: string[], language: Language): string {
  return language === 'es'
    ? `${OPENINGS.offline.es}, no un modelo de lenguaje: sigo reglas, recuerdo lo que me cuentas y lo cito cuando preguntas. ${howToSay(examples, language)} Para respuestas de un modelo de lenguaje, configura ${KEYS}.`
    : `${OPENINGS.offline.en}, not a language model: I follow rules, remember what you tell me and quote it when you ask. ${howToSay(examples, language)} For answers by a language model, configure ${KEYS}.`;
}

function howToSay(examples: string[], language: Language): string {
  const list = examples.map((example) => `\n- ${example}`).join('');
  if (language === 'es')
    return list ? `Puedes decirme, por ejemplo:${list}\n` : 'Aquí no hay órdenes que pueda cumplir.';
  return list ? `You can say, for example:${list}\n` : 'There are no commands that I can carry out here.';
}

export function sayHello(language: Language): string {
  return language === 'es'
    ? `${OPENINGS.hello.es} ${OPENINGS.offline.es}. Cuéntame algo para que lo recuerde, o escribe «ayuda».`
    : `${OPENINGS.hello.en} ${OPENINGS.offline.en}. Tell me something to remember, or say "help".`;
}

export function sayWelcome(language: Language): string {
  return OPENINGS.welcome[language];
}
