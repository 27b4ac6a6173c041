import type { BaseMessage } from '@langchain/core/messages';
import type { Agent } from '../agents/agent.ts';
import { openingDialogue } from '../agents/prompt.ts';
import type { PassageRecord, RecallRecord, ToolCallRecord } from '../db/schema.ts';
import type { Passage } from '../knowledge/search/search.ts';
import type { Recollection } from '../memory/recall.ts';
import { MESSAGE_TOKENS } from '../memory/recall-query.ts';
import type { Recalled } from '../memory/recalled.ts';
import { clipToTokens } from '../models/tokens.ts';
import type { Gathered } from './gather.ts';
import type { ActiveRun } from './run-types.ts';

const CUT_OFF = '[cut off: the person cancelled the turn]';

/** What the model is shown: the session's last messages as the conversation, the rest as memories; all in the order of time. */
export function dialogueOf(
  run: ActiveRun,
  agents: Agent[],
  { recalled, passages }: Pick<Gathered, 'recalled' | 'passages'>,
  earlier: ToolCallRecord[],
): BaseMessage[] {
  const inOrder = recalled.toSorted((one, other) => (one.message.id < other.message.id ? -1 : 1));
  const isRecent = ({ via }: Recalled) => via.includes('recent');
  const shown = (chosen: Recalled[]) =>
    chosen.map(({ message }) => {
      const content = clipToTokens(message.content, MESSAGE_TOKENS);
      return { ...message, content: message.partial ? `${content} ${CUT_OFF}` : content };
    });
  return openingDialogue({
    entry: run.entry,
    agents,
    recent: shown(inOrder.filter(isRecent)),
    remembered: shown(inOrder.filter((one) => !isRecent(one))),
    passages,
    earlier,
    question: run.text,
    now: new Date(),
  });
}

/** What a run keeps of what was recalled for it, and of what the token budget cut. */
export function recallRecords({ recalled, cut }: Pick<Recollection, 'recalled' | 'cut'>): RecallRecord[] {
  const record = ({ message, via, score, legs }: Recalled): RecallRecord => ({
    message_id: message.id,
    via,
    score,
    legs,
    created_at: message.createdAt.toISOString(),
  });
  return [...recalled.map(record), ...cut.map((one) => ({ ...record(one), cut: true as const }))];
}

/** What a run keeps of the passages of documents that were recalled for it. */
export function passageRecords(passages: readonly Passage[]): PassageRecord[] {
  return passages.map(({ documentId, path, startLine, endLine, page }) => ({
    ...{ document_id: documentId, path, start_line: startLine, end_line: endLine, page },
  }));
}

/** What of a record the model was shown. */
export function shownRecords(records: RecallRecord[]): RecallRecord[] {
  return records.filter(({ cut }) => !cut);
}
