import type {
  Decision,
  EventType,
  MemoryMode,
  PassageRecord,
  RecallRecord,
  RunStatus,
  ToolCallRecord,
  Usage,
} from '../db/schema.ts';

/** What happens to a question in a session that is still answering another one. */
export const ON_BUSY = ['queue', 'reject', 'interrupt'] as const;
type OnBusy = (typeof ON_BUSY)[number];

/** A question to be accepted. */
export interface Question {
  userId: string;
  /** A session of the user's, `'new'`, or undefined for the latest one (the first one is opened by itself). */
  sessionId: string | undefined;
  text: string;
  memory: MemoryMode;
  /** Who is asked: `assistant`, or an agent by name. */
  entry: string;
  onBusy: OnBusy;
  /** The caller's name for this request, and a hash of what it asks; the same pair is answered once. */
  idempotency?: { key: string; requestHash: string } | undefined;
}

/** A run that this process is to carry out. */
export interface ActiveRun {
  userId: string;
  sessionId: string;
  runId: string;
  status: Extract<RunStatus, 'queued' | 'running'>;
  attempt: number;
  /** The message that is answered: the question, or the decision that lets a paused run go on. */
  messageId: string;
  messageText: string;
  /** The question. */
  text: string;
  memory: MemoryMode;
  entry: string;
  /** The number of the run's last event. */
  lastSeq: number;
}

/** What an earlier attempt of a run, or the part of it before a pause, left behind. */
export interface EarlierWork {
  record: RunRecord;
  /** The paused graph, and how many of the recorded tool calls are part of it. */
  paused: { graph: Buffer; toolCalls: number } | undefined;
  decisions: Record<string, { decision: 'approve' | 'reject'; reason: string | null; callHash: string }>;
}

/** What is known of a run's work, whether it ended well or not. */
export interface RunRecord {
  model: string;
  usage: Usage;
  agents: string[];
  toolCalls: ToolCallRecord[];
  recalled: RecallRecord[];
  /** The passages of documents that were recalled. */
  passages: PassageRecord[];
  degraded: string[];
}

/** An answer to be stored; `agent` is null for the supervisor's. */
export interface StoredAnswer {
  id: string;
  text: string;
  agent: string | null;
  /** Whether it was cut off. */
  partial: boolean;
}

/** One event of a run, as it is stored and sent. */
export interface RunEvent {
  seq: number;
  type: EventType;
  /** JSON. */
  data: string;
}

/** Which process holds a run, and for how long. */
export interface Lease {
  owner: string;
  milliseconds: number;
}

/** A call that waits for a person. */
export interface Approval {
  id: string;
  runId: string;
  code: string;
  agent: string;
  tool: string;
  effect: ToolCallRecord['effect'];
  summary: string;
  preview: string;
  decision: Decision | null;
  reason: string | null;
  expiresAt: Date;
  decidedAt: Date | null;
}
