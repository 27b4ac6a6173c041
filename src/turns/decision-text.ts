/** A decision that a message states in so many words. */
export interface StatedDecision {
  decision: 'approve' | 'reject';
  /**
   * The approvals that it names, in order, without duplicates: short codes of 4 to 6 digits such as "4821", or whole
   * ids (UUIDs, lower case).
   */
  names: string[];
  /** Why, for a rejection that gives a reason; trimmed, as it was written. */
  reason: string | undefined;
  language: 'en' | 'es';
}

interface Token {
  /** Composed and in lower case. Accents stay: "confirmo" is "I confirm", but "confirmó" is "she confirmed". */
  word: string;
  start: number;
}

type Outcome = Pick<StatedDecision, 'decision' | 'language'>;

interface Speech {
  /** Words that may stand in front of either decision, and alone in front of a name approve it. */
  assents: string[];
  courtesy: string;
  approve: string[];
  reject: string[];
  approved: string[];
  rejected: string[];
}

/** In UTF-16 code units, as `String.length` counts. */
const LONGEST_MESSAGE = 2_000;
const LONGEST_WITHOUT_REASON = 400;
/** A hyphen joins, so that "4821-7310" is no name, and so does an apostrophe, so that "'approve" is no verb. */
const TOKEN = /[\p{L}\p{M}\p{N}_'’‘-]+|\S/gu;
const NAME = /^(?:[0-9]{4,6}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const QUESTION = /[?¿？]/;
const PAUSES = new Set([',', '.', '!', ':', '¡']);
const ARTICLES = new Set(['#', 'la', 'el', 'las', 'los']);
const JOINERS = new Set([',', 'and', '&', 'y']);
const CLOSINGS = new Set(['', 'please', 'thanks', 'thank you', 'por favor', 'gracias']);
const REASON_MARKS = new Set([',', ':', '-', '–', '—']);
const REASON_WORDS = ['because', 'since', 'as', 'porque', 'ya que', 'pues'];
/** They tell the language where the decision itself does not, as in "no 4821 porque …". */
const SPANISH_WORDS = new Set(['y', 'la', 'el', 'las', 'los', 'porque', 'ya', 'pues', 'por', 'gracias']);

/**
 * A pause decides what these mean: "no, rechazo" rejects and "no rechazo" does not; "si rechazo" is "if I reject"; and
 * "No. 4821" is a number.
 */
const PAUSE_MATTERS = new Set(['no', 'si']);
const REFUSALS = ['no,', 'no.', 'no!', 'no:'];
const UNACCENTED_YES = ['si,', 'si.', 'si!', 'si:'];
/** Only for approvals, which end with their names: nothing can follow that would make it "if". */
const YES_OR_IF = 'si';

const ENGLISH_YES = ['approve', 'confirm', 'accept'];
const ENGLISH: Speech = {
  assents: ['yes', 'yeah', 'yep', 'ok', 'okay', 'sure'],
  courtesy: 'please',
  approve: [...phrases(['', 'i'], ENGLISH_YES), 'go ahead with', 'go ahead and approve'],
  reject: [
    ...phrases(['', 'i'], ['reject', 'deny', 'decline', 'refuse']),
    ...phrases(['', 'i'], ["don't", 'dont', 'do not'], [...ENGLISH_YES, 'go ahead with']),
  ],
  approved: ['approved', 'confirmed', 'accepted'],
  rejected: ['rejected', 'denied', 'declined', 'refused'],
};
const SPANISH_REFUSED = 'apruebo apruebes apruebe aprobar confirmo confirmes confirme acepto aceptes acepte';
const SPANISH: Speech = {
  assents: ['sí', ...UNACCENTED_YES, 'vale', 'ok', 'okay', 'claro', 'de acuerdo', 'dale'],
  courtesy: 'por favor',
  approve: [
    ...phrases(['', 'yo'], ['apruebo', 'confirmo', 'acepto']),
    ...'aprueba apruebe aprobar confirma confirme confirmar acepta acepte aceptar'.split(' '),
    'adelante con',
  ],
  reject: [
    ...phrases(['', 'yo'], ['rechazo', 'deniego']),
    ...'rechaza rechace rechazar deniega deniegue denegar'.split(' '),
    ...phrases(['', 'yo'], ['no'], SPANISH_REFUSED.split(' ')),
  ],
  approved: ['aprobad', 'confirmad', 'aceptad'].flatMap(inflect),
  rejected: ['rechazad', 'denegad'].flatMap(inflect),
};

/** What stands in front of the names; where both languages say it, it counts as English. */
const HEADS = new Map([...headsOf('es', SPANISH), ...headsOf('en', ENGLISH)]);
/** What stands behind the names when nothing stands in front of them, as in "4821 approved". */
const VERDICTS = new Map([...verdictsOf('es', SPANISH), ...verdictsOf('en', ENGLISH)]);
/** No reason starts with these: a condition, a delay, a second thought or a second order does. */
const DETOURS =
  `and or but then also too if unless when once until only after before except wait yes yeah ok okay tomorrow later
  as_soon as_well as_long as_far as_if y e o u pero luego también tambien además ademas si sí cuando hasta solo sólo
  salvo excepto después despues antes espera vale mañana manana`
    .split(/\s+/)
    .map((detour) => detour.replace('_', ' '));
/** Where one of these starts a clause of a reason, it is a second decision. */
const ORDERS = [ENGLISH, SPANISH].flatMap(({ approve, reject, approved, rejected }) => [
  ...approve,
  ...reject,
  ...approved,
  ...rejected,
]);
/** A clause starts behind these. */
const LINKS = new Set(
  '. ! ; : , - – — and but then or so also instead please yes ok y pero luego o favor sí si'.split(' '),
);

/**
 * Reads a message by which a person decides pending approvals, in English or Spanish. It matches whole messages against
 * fixed phrases, so that a negation or any unknown word can only take a decision away, never make one.
 * Answers undefined where the message is anything else: a question, a wish with more in it, a mention. Whether anything
 * is pending under these names is for the caller to see: "yes 2021" may well answer another question.
 */
export function readDecision(text: string): StatedDecision | undefined {
  if (text.length > LONGEST_MESSAGE || QUESTION.test(text)) return undefined;
  const tokens = tokensOf(text);
  const named = readNames(tokens);
  if (!named) return undefined;
  const head = headOf(tokens.slice(0, named.from));
  const behind = tokens.slice(named.to);
  // Names first, as in "4821 approved": the verdict is the first word behind them.
  const verdictAt = head === '' ? skip(behind, 0, PAUSES) : -1;
  const outcome = head === '' ? VERDICTS.get(behind[verdictAt]?.word ?? '') : HEADS.get(head);
  if (!outcome) return undefined;
  const tail = behind.slice(verdictAt + 1);
  const closed = CLOSINGS.has(headOf(tail));
  if (outcome.decision === 'approve' && !closed) return undefined;
  const reasonAt = closed ? text.length : findReason(tail);
  if (reasonAt === undefined || text.slice(0, reasonAt).trim().length > LONGEST_WITHOUT_REASON)
    return undefined;
  const spanish = tokens.some(({ word, start }) => start < reasonAt && SPANISH_WORDS.has(word));
  return {
    decision: outcome.decision,
    names: named.names,
    reason: closed ? undefined : text.slice(reasonAt).trim(),
    language: spanish ? 'es' : outcome.language,
  };
}

function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(TOKEN), ({ 0: raw, index }) => ({
    word: raw.normalize('NFC').toLowerCase().replaceAll(/[’‘]/g, "'"),
    start: index,
  }));
}

/** The first list of names, such as "4821, 7310 and #9102", and the tokens that it covers, its article included. */
function readNames(tokens: Token[]): { names: string[]; from: number; to: number } | undefined {
  const first = tokens.findIndex(({ word }) => NAME.test(word));
  if (first === -1) return undefined;
  let from = first;
  while (ARTICLES.has(tokens[from - 1]?.word ?? '')) from -= 1;
  const names = new Set<string>();
  let to = first;
  let at = first;
  while (NAME.test(tokens[at]?.word ?? '')) {
    names.add(tokens[at]?.word ?? '');
    to = at + 1;
    const joined = skip(tokens, to, JOINERS);
    at = joined === to ? tokens.length : skip(tokens, joined, ARTICLES);
  }
  return { names: [...names], from, to };
}

function skip(tokens: Token[], from: number, words: Set<string>): number {
  let at = from;
  while (words.has(tokens[at]?.word ?? '')) at += 1;
  return at;
}

/** The words without their pauses, except where a pause matters. */
function headOf(tokens: Token[]): string {
  const words = tokens.map(({ word }, at) => {
    const next = tokens[at + 1]?.word ?? '';
    if (PAUSES.has(word)) return '';
    return PAUSE_MATTERS.has(word) && PAUSES.has(next) ? word + next : word;
  });
  return words.filter((word) => word !== '').join(' ');
}

/** Where the reason of a rejection starts in the text; undefined where what follows the names is no reason. */
function findReason(tail: Token[]): number | undefined {
  const marks = skip(tail, 0, REASON_MARKS);
  const said = tail.slice(marks);
  const because = REASON_WORDS.find((phrase) => startsWith(said, phrase));
  if (marks === 0 && !because) return undefined;
  const given = said.slice(because?.split(' ').length ?? 0);
  if (DETOURS.some((detour) => startsWith(said, detour)) || holdsOrder(given)) return undefined;
  // After a comma or a dash alone, another name more likely corrects or extends the list.
  const loose = !because && tail[marks - 1]?.word !== ':';
  if (loose && given.some(({ word }) => NAME.test(word))) return undefined;
  return given[0]?.start;
}

function holdsOrder(tokens: Token[]): boolean {
  return tokens.some((_, at) => {
    const startsClause = at === 0 || LINKS.has(tokens[at - 1]?.word ?? '');
    return startsClause && ORDERS.some((order) => startsWith(tokens, order, at));
  });
}

function startsWith(tokens: Token[], phrase: string, from = 0): boolean {
  return phrase.split(' ').every((word, offset) => tokens[from + offset]?.word === word);
}

/** Each way to say one of each, in order, as in "i do not approve". */
function phrases(...parts: string[][]): string[] {
  return parts.reduce(
    (starts, words) => starts.flatMap((start) => words.map((word) => `${start} ${word}`.trim())),
    [''],
  );
}

function inflect(stem: string): string[] {
  return ['o', 'a', 'os', 'as'].map((ending) => stem + ending);
}

function headsOf(language: 'en' | 'es', speech: Speech): [string, Outcome][] {
  const courtesy = ['', speech.courtesy];
  const yes = language === 'es' ? [...speech.assents, YES_OR_IF] : speech.assents;
  const approvals = phrases(['', ...yes], courtesy, [...speech.approve, ...speech.approved]);
  const rejections = phrases(['', ...speech.assents, ...REFUSALS], courtesy, [
    ...speech.reject,
    ...speech.rejected,
  ]);
  return [
    ...outcomes([...approvals, ...yes], { decision: 'approve', language }),
    ...outcomes([...rejections, 'no', 'no,'], { decision: 'reject', language }),
  ];
}

function verdictsOf(language: 'en' | 'es', speech: Speech): [string, Outcome][] {
  return [
    ...outcomes(speech.approved, { decision: 'approve', language }),
    ...outcomes(speech.rejected, { decision: 'reject', language }),
  ];
}

function outcomes(sayings: string[], outcome: Outcome): [string, Outcome][] {
  return sayings.map((saying) => [saying, outcome]);
}
