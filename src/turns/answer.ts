import { checkCitations } from '../agents/citations.ts';
import type { Effect } from '../config.ts';
import type { PassageRecord, RecallRecord, Usage } from '../db/schema.ts';
import { detectLanguage } from '../models/offline/language.ts';
import { citationOf } from '../models/passages.ts';
import { shownRecords } from './dialogue.ts';
import type { Approval, RunRecord } from './run-types.ts';

/** A call that waits for a person, as an answer shows it. */
interface AnswerApproval {
  id: string;
  code: string;
  agent: string;
  tool: string;
  effect: Effect | null;
  summary: string;
  preview: string;
  expires_at: string;
}

/** A place in a document that an answer cites, and how it does. */
interface Source extends PassageRecord {
  citation: string;
}

/** The answer of a turn, as the HTTP contract has it and as its `done` event keeps it. */
export interface AnswerBody {
  response: string;
  session_id: string;
  run_id: string;
  status: 'completed' | 'awaiting_approval' | 'cancelled';
  model: string;
  agents: string[];
  sources: Source[];
  approvals: AnswerApproval[];
  recalled: RecallRecord[];
  degraded: string[];
  usage: Usage;
}

interface AnswerParts {
  runId: string;
  sessionId: string;
  status: AnswerBody['status'];
  response: string;
  record: RunRecord;
  approvals?: Approval[];
}

/** Puts an answer together. */
export function answerBody({
  runId,
  sessionId,
  status,
  response,
  record,
  approvals = [],
}: AnswerParts): AnswerBody {
  const { model, agents, recalled, degraded, usage } = record;
  return {
    response,
    session_id: sessionId,
    run_id: runId,
    status,
    model,
    agents,
    sources: sourcesOf(response, record),
    approvals: approvals.map(showApproval),
    recalled: shownRecords(recalled),
    degraded,
    usage,
  };
}

/** What a text really cites of the documents that were retrieved for it. */
function sourcesOf(text: string, { passages, toolCalls }: RunRecord): Source[] {
  const { cited } = checkCitations(text, [...passages, ...toolCalls.flatMap((call) => call.passages ?? [])]);
  return cited.map(({ document_id, path, start_line, end_line, page }) => ({
    ...{ document_id, path, start_line, end_line, page },
    citation: citationOf({ path, startLine: start_line, endLine: end_line, page }),
  }));
}

export function showApproval(approval: Approval): AnswerApproval {
  const { id, code, agent, tool, effect, summary, preview, expiresAt } = approval;
  return { id, code, agent, tool, effect, summary, preview, expires_at: expiresAt.toISOString() };
}

/** Says what waits for a person, in the language of the question. */
export function sayWaiting(question: string, approvals: Approval[], now: Date): string {
  const lines = approvals.map(({ code, summary }) => `- ${code}: ${summary}`);
  const codes = approvals.map(({ code }) => code);
  const hours = Math.max(
    1,
    Math.round(((approvals[0]?.expiresAt.getTime() ?? 0) - now.getTime()) / 3_600_000),
  );
  return detectLanguage(question) === 'es'
    ? `Esto espera tu aprobación; hasta entonces no se hace:\n${lines.join('\n')}\nResponde «apruebo ${codes.join(' y ')}» o «rechazo ${codes[0]}: motivo». Caduca en ${hours} h.`
    : `This waits for your approval; until then it is not done:\n${lines.join('\n')}\nAnswer "approve ${codes.join(' and ')}" or "reject ${codes[0]}: reason". It expires in ${hours} h.`;
}

/** Says that nobody decided in time. */
export function sayExpired(question: string, approvals: Approval[]): string {
  const lines = approvals.map(({ code, summary }) => `- ${code}: ${summary}`);
  return detectLanguage(question) === 'es'
    ? `La aprobación caducó, y no se hizo:\n${lines.join('\n')}`
    : `The approval expired, so this was not done:\n${lines.join('\n')}`;
}

/** Says that something that a paused question had recalled was erased, so that nothing of it waits any more. */
export function sayForgotten(question: string): string {
  return detectLanguage(question) === 'es'
    ? 'Se borró algo que recordé para esto, así que ya no espera tu aprobación y no se hizo. Pídelo otra vez si todavía lo quieres.'
    : 'Something that I had recalled for this was erased, so it no longer waits for your approval, and it was not done. Ask again if you still want it.';
}
