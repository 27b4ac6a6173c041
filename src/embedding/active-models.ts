import type { Logger } from 'pino';
import type { Executor } from '../db/database.ts';
import { sql } from '../db/drizzle.ts';
import type { ModelRole } from '../db/embedding-schema.ts';
import type { EmbeddingIdentity } from '../models/embeddings.ts';
import type { EmbeddingModel } from '../models/settings.ts';

interface ActiveModelsNeeds {
  executor: Executor;
  /** The model of the configuration. */
  wanted: EmbeddingModel;
  /** Opens a model that is not the configured one. */
  open: (identity: EmbeddingIdentity) => Promise<EmbeddingModel>;
  log: Pick<Logger, 'info' | 'warn'>;
}

/** The models that have vectors now, as the database has them. */
interface ModelState {
  serving: EmbeddingModel;
  /** The one that is to follow; null where nothing is being changed. */
  coming: EmbeddingModel | null;
  /** Whether the database names a serving one at all. */
  isSet: boolean;
  /** How long the serving one has served, by the database’s clock. */
  servingForMs: number;
}

/** A spread type, because drizzle asks for one that can be indexed. */
type ModelRow = { role: ModelRole; name: string; kind: EmbeddingModel['kind']; ageMs: number };

/**
 * Knows which embedding model questions are compared by: not the configuration's, which may be a new one, but the one that
 * the database names, for all processes alike.
 */
export function createActiveModels({ executor, wanted, open, log }: ActiveModelsNeeds) {
  const opened = new Map<string, Promise<EmbeddingModel>>([[wanted.name, Promise.resolve(wanted)]]);
  const listeners: (() => void)[] = [];
  let state: ModelState = { serving: wanted, coming: null, isSet: false, servingForMs: 0 };
  let reading: Promise<unknown> = Promise.resolve();

  /** Looks which models there are, one look after the other. */
  function refresh(): Promise<ModelState> {
    const looked = reading.then(look, look);
    reading = looked.catch(() => undefined);
    return looked;
  }

  async function look(): Promise<ModelState> {
    const { rows } = await executor.execute<ModelRow>(sql`
      select role, name, kind, (extract(epoch from now() - since) * 1000)::float8 as "ageMs" from embedding_models`);
    const [serving, coming] = await Promise.all([modelOf(rows, 'serving'), modelOf(rows, 'coming')]);
    const before = state.serving;
    const servingForMs = rows.find(({ role }) => role === 'serving')?.ageMs ?? 0;
    state = { serving: serving ?? wanted, coming, isSet: serving !== null, servingForMs };
    if (state.serving.name !== before.name) {
      log.info({ before: before.name, now: state.serving.name }, 'another embedding model serves now');
      for (const listener of listeners) listener();
    }
    return state;
  }

  async function modelOf(rows: ModelRow[], role: ModelRole): Promise<EmbeddingModel | null> {
    const row = rows.find((one) => one.role === role);
    if (!row) return null;
    const model = opened.get(row.name) ?? open(row);
    opened.set(row.name, model);
    return await model;
  }

  return {
    wanted,
    refresh,
    /** The model by which questions are compared. */
    serving: () => state.serving,
    coming: () => state.coming,
    /** Has something done whenever another model serves. */
    onChange: (listener: () => void) => void listeners.push(listener),
  };
}

export type ActiveModels = ReturnType<typeof createActiveModels>;
