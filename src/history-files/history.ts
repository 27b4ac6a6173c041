export const HISTORY_FORMATS = ['ndjson', 'chatgpt', 'whatsapp'] as const;
export type HistoryFormat = (typeof HISTORY_FORMATS)[number];

/** A line must fit into a request, which may have 8 MB; a longer one cannot even be sent for the server to refuse. */
export const LONGEST_LINE_BYTES = 7_900_000;

/** One message of the history, as `POST /memory/import` takes it. */
export interface HistoryLine {
  /** Names the conversation; the same name continues it at the next import. */
  session: string;
  title?: string;
  role: 'user' | 'assistant';
  /** Who spoke, where the history has several people. */
  name?: string;
  content: string;
  /** ISO 8601, in UTC. */
  created_at: string;
}

/** A line as it is sent, and where the person finds it in the file. */
export interface PlacedLine {
  text: string;
  place: string;
}

/** What was found while a file was read, besides its lines. */
export interface Findings {
  /** How many messages (or parts of them) were left out, by reason. */
  leftOut: Map<string, number>;
  /** Sentences that the person should read. */
  notes: string[];
  faults: Faults;
  /** How much of the file has been read, from 0 to 1. */
  share: number;
}

/** What could not be imported; only the first faults are kept, the others are counted. */
interface Faults {
  count: number;
  first: { place: string; detail: string }[];
}

const KEPT_FAULTS = 10;

export function noFindings(): Findings {
  return { leftOut: new Map(), notes: [], faults: { count: 0, first: [] }, share: 0 };
}

export function leaveOut({ leftOut }: Findings, reason: string): void {
  leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
}

export function addFault({ faults }: Findings, place: string, detail: string): void {
  faults.count += 1;
  if (faults.first.length < KEPT_FAULTS) faults.first.push({ place, detail });
}

/** A file of chat history that is being read; `findings` grow while `lines` are taken. */
export interface History {
  format: HistoryFormat;
  lines: AsyncIterable<PlacedLine>;
  findings: Findings;
}

/** The file cannot be read as history; the message is the one line that the person reads. */
export class HistoryFileError extends Error {
  override readonly name = 'HistoryFileError';
}
