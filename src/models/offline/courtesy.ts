import { compilePhrase, readWordsOf } from './phrase.ts';
import type { Range } from './sentence.ts';

/**
 * How a request is led in. A `request` asks the one who is spoken to ("can you"); a `wish` says what the speaker would like to
 * do or asks what will be done, which may be meant as a command or not; anything else says nothing of it.
 */
const LEADS = [
  ...leads('plain', [
    'please|pls|por_favor|porfa|porfavor',
    'hi|hello|hey|hola|oye|ey|buenas|good_morning|good_afternoon|good_evening|buenos_dias|buenas_tardes|buenas_noches',
    'there|tertulia|assistant|asistente',
    'ok|okay|vale|bueno|bien|great|perfect|perfecto|genial|sure|yes|thanks|thank_you|muchas_gracias|gracias|de_acuerdo',
    'now|then|also|next|first|finally|ahora|luego|despues|tambien|entonces|primero|por_ultimo|and|y',
    'just|solo|simply|simplemente',
    'go ahead and',
    'kindly|ve_y',
    '!|.',
  ]),
  ...leads('request', [
    'can|could|would you',
    'i want|need you to',
    "i'd|i_would like you to",
    'puedes|podes|podrias|puede|podria|podeis',
    'me puedes|podes|podrias|puede|podria',
    'te|le|os importaria',
    'quiero|necesito|quisiera que me?',
    'me gustaria que me?',
    'haz|hazme|haga|hagame|hace|haceme el favor de',
  ]),
  ...leads('wish', [
    'i want|need to',
    "i'd|i_would like to",
    "let's|let_us",
    'will you',
    'quiero|necesito|quisiera|me_gustaria',
    'vamos a',
    'vas a',
  ]),
];
/** More than anyone says in earnest. */
const MOST_LEADS = 6;

/** Where the request itself starts, behind "hello, could you please", and how it was led in. */
export function skipLeads(range: Range): { from: number; requested: boolean; wished: boolean } {
  let from = skipMarks(range, range.from);
  let requested = false;
  let wished = false;
  for (let round = 0; round < MOST_LEADS; round += 1) {
    let longest = { next: from, kind: '' };
    for (const { phrase, kind } of LEADS) {
      const next = readWordsOf(phrase, { ...range, from });
      if (next !== undefined && next > longest.next) longest = { next, kind };
    }
    if (longest.next === from) break;
    from = skipMarks(range, longest.next);
    requested ||= longest.kind === 'request';
    wished ||= longest.kind === 'wish';
  }
  return { from, requested, wished };
}

function skipMarks({ sentence, to }: Range, from: number): number {
  let position = from;
  while (position < to && /^[¿¡(,]$/.test(sentence.tokens[position]?.raw ?? '')) position += 1;
  return position;
}

function leads(kind: 'plain' | 'request' | 'wish', sources: string[]) {
  return sources.map((source) => ({ kind, phrase: compilePhrase(source) }));
}
