import { resolve } from 'node:path';
import { z } from 'zod';
import { embeddingChangeFields, embeddingChangeSettings } from './config/embedding-change-settings.ts';
import { identityFields, oidcSettings } from './config/identity-settings.ts';
import { limitFields, limitSettings } from './config/limit-settings.ts';
import { observabilityFields, observabilitySettings } from './config/observability-settings.ts';
import { httpUrl, text, whole } from './config/values.ts';
import { StartupError } from './errors.ts';

/** What a call can do to the world, from harmless to hard to take back. */
export const EFFECTS = ['read', 'write', 'destroy', 'publish'] as const;
export type Effect = (typeof EFFECTS)[number];

/** The length of every stored vector; a shorter one is padded with zeros, which leaves cosine distances as they are. */
export const EMBEDDING_DIMENSIONS = 1536;

/** The axes of a lexical embedder's vectors: so many that two features hardly ever share one; pgvector's limit is a billion. */
export const LEXICAL_DIMENSIONS = 2 ** 29;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

/** Node's own `fetch` gives up on an answer's headers then, so a longer limit would not be kept. */
const LONGEST_HEADERS_WAIT_MS = 300_000;

const approvals = z
  .string()
  .regex(/^\s*(none|(write|destroy|publish)(\s*,\s*(write|destroy|publish))*)\s*$/, {
    error: '"none", or some of write,destroy,publish',
  })
  .transform((value): Effect[] => EFFECTS.filter((effect) => value.includes(effect)));

/** 32 random bytes: the key of AES-256. */
const encryptionKey = z
  .string()
  .transform((value) => Buffer.from(value.trim(), 'base64'))
  .refine((key) => key.length === 32, '32 bytes in Base64, as `openssl rand -base64 32` prints them');

const environment = z.object({
  HOST: text.default('127.0.0.1'),
  PORT: whole(3000, 0, 65_535),
  ...identityFields,
  LOG_LEVEL: z.enum(LOG_LEVELS, { error: `one of ${LOG_LEVELS.join(', ')}` }).default('info'),
  DATA_DIR: text.default('./data'),
  WORKSPACE_DIR: text.default('./workspace'),
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'a postgresql:// URL' }).optional(),
  DATABASE_POOL_SIZE: whole(10, 1, 200),
  DATABASE_TIMEOUT_MS: whole(10_000, 100, 600_000),

  OPENAI_API_KEY: text.optional(),
  OPENAI_BASE_URL: httpUrl.optional(),
  CHAT_MODEL: text.default('gpt-4.1-mini'),
  EMBEDDING_API_KEY: text.optional(),
  EMBEDDING_BASE_URL: httpUrl.optional(),
  EMBEDDING_MODEL: text.default('text-embedding-3-small'),
  MODEL_TIMEOUT_MS: whole(60_000, 100, LONGEST_HEADERS_WAIT_MS),
  MODEL_MAX_RETRIES: whole(2, 0, 10),
  MODEL_MAX_CONCURRENCY: whole(16, 1, 1_000),
  EMBEDDING_TIMEOUT_MS: whole(30_000, 100, LONGEST_HEADERS_WAIT_MS),
  EMBEDDING_MAX_INPUT_TOKENS: whole(8_000, 64, 1_000_000),
  EMBEDDING_BATCH_SIZE: whole(32, 1, 2_048),
  EMBEDDING_SWEEP_INTERVAL_MS: whole(60_000, 100, 86_400_000),
  ...embeddingChangeFields,

  KNOWLEDGE_SCAN_INTERVAL_MS: whole(5_000, 100, 86_400_000),
  KNOWLEDGE_MAX_FILE_MB: whole(32, 1, 64),
  KNOWLEDGE_PARSE_TIMEOUT_MS: whole(60_000, 1_000, 600_000),
  KNOWLEDGE_PARSE_MEMORY_MB: whole(512, 128, 16_384),

  GITHUB_TOKEN: text.optional(),
  GITHUB_API_URL: httpUrl.default('https://api.github.com'),
  GITHUB_TIMEOUT_MS: whole(20_000, 100, 120_000),
  GITHUB_WEBHOOK_SECRET: text.min(16, { error: 'at least 16 characters' }).optional(),
  GITHUB_APP_ID: whole(0, 0, Number.MAX_SAFE_INTEGER),
  GITHUB_APP_INSTALLATION_ID: whole(0, 0, Number.MAX_SAFE_INTEGER),
  GITHUB_APP_PRIVATE_KEY: text.optional(),
  TOKEN_ENCRYPTION_KEY: encryptionKey.optional(),

  APPROVALS: approvals.default(['destroy', 'publish']),
  RECALL_DEADLINE_MS: whole(800, 10, 60_000),
  RECALL_TOKEN_BUDGET: whole(3_000, 100, 1_000_000),
  TURN_TIMEOUT_MS: whole(120_000, 100, 3_600_000),
  TURN_MAX_STEPS: whole(12, 1, 100),
  TURN_MAX_TOOL_CALLS: whole(32, 1, 1_000),
  RUN_LEASE_MS: whole(30_000, 500, 600_000),
  RUN_RETENTION_HOURS: whole(168, 24, 87_600),
  UNDO_RETENTION_DAYS: whole(90, 1, 36_500),
  SESSION_QUEUE_LENGTH: whole(16, 1, 1_000),
  QUEUE_TIMEOUT_MS: whole(300_000, 100, 3_600_000),
  APPROVAL_TIMEOUT_MS: whole(86_400_000, 100, 2_592_000_000),
  STREAM_HEARTBEAT_MS: whole(15_000, 100, 600_000),
  SHUTDOWN_TIMEOUT_MS: whole(10_000, 100, 600_000),
  ...limitFields,
  ...observabilityFields,
});

type Environment = z.infer<typeof environment>;

/** A model behind the OpenAI protocol. Times are milliseconds. */
interface OpenAISettings {
  provider: 'openai';
  apiKey: string | undefined;
  baseUrl: string | undefined;
  model: string;
  timeoutMs: number;
  maxRetries: number;
}

function chatSettings(env: Environment): { provider: 'offline' } | OpenAISettings {
  if (!env.OPENAI_API_KEY && !env.OPENAI_BASE_URL) return { provider: 'offline' };
  return {
    provider: 'openai',
    apiKey: env.OPENAI_API_KEY,
    baseUrl: env.OPENAI_BASE_URL,
    model: env.CHAT_MODEL,
    timeoutMs: env.MODEL_TIMEOUT_MS,
    maxRetries: env.MODEL_MAX_RETRIES,
  };
}

function embeddingSettings(env: Environment) {
  const ownPlace = env.EMBEDDING_API_KEY ?? env.EMBEDDING_BASE_URL;
  const apiKey = env.EMBEDDING_API_KEY ?? (env.EMBEDDING_BASE_URL ? undefined : env.OPENAI_API_KEY);
  const baseUrl = env.EMBEDDING_BASE_URL ?? (env.EMBEDDING_API_KEY ? undefined : env.OPENAI_BASE_URL);
  if (!ownPlace && !apiKey && !baseUrl) return { provider: 'offline' as const };
  return {
    provider: 'openai' as const,
    apiKey,
    baseUrl,
    model: env.EMBEDDING_MODEL,
    timeoutMs: env.EMBEDDING_TIMEOUT_MS,
    maxRetries: env.MODEL_MAX_RETRIES,
    maxInputTokens: env.EMBEDDING_MAX_INPUT_TOKENS,
    batchSize: env.EMBEDDING_BATCH_SIZE,
  };
}

function githubSettings(env: Environment) {
  const { GITHUB_APP_ID: appId, GITHUB_APP_INSTALLATION_ID: installationId } = env;
  const privateKey = env.GITHUB_APP_PRIVATE_KEY?.replaceAll('\\n', '\n');
  return {
    apiUrl: env.GITHUB_API_URL.replace(/\/+$/, ''),
    timeoutMs: env.GITHUB_TIMEOUT_MS,
    token: env.GITHUB_TOKEN,
    app: appId > 0 && installationId > 0 && privateKey ? { appId, installationId, privateKey } : undefined,
    webhookSecret: env.GITHUB_WEBHOOK_SECRET,
    tokenKey: env.TOKEN_ENCRYPTION_KEY,
  };
}

function shape(env: Environment) {
  return {
    host: env.HOST,
    port: env.PORT,
    oidc: oidcSettings(env),
    logLevel: env.LOG_LEVEL,
    database: {
      url: env.DATABASE_URL,
      dataDir: resolve(env.DATA_DIR),
      poolSize: env.DATABASE_POOL_SIZE,
      timeoutMs: env.DATABASE_TIMEOUT_MS,
    },
    workspace: { root: resolve(env.WORKSPACE_DIR), undoDays: env.UNDO_RETENTION_DAYS },
    chat: chatSettings(env),
    embedding: embeddingSettings(env),
    embeddingChange: embeddingChangeSettings(env),
    embedder: { batchSize: env.EMBEDDING_BATCH_SIZE, sweepIntervalMs: env.EMBEDDING_SWEEP_INTERVAL_MS },
    knowledge: {
      scanIntervalMs: env.KNOWLEDGE_SCAN_INTERVAL_MS,
      maximumBytes: env.KNOWLEDGE_MAX_FILE_MB * 1024 * 1024,
      parser: { timeoutMs: env.KNOWLEDGE_PARSE_TIMEOUT_MS, memoryMb: env.KNOWLEDGE_PARSE_MEMORY_MB },
    },
    github: githubSettings(env),
    approvals: env.APPROVALS,
    recall: { deadlineMs: env.RECALL_DEADLINE_MS, tokenBudget: env.RECALL_TOKEN_BUDGET },
    turn: {
      timeoutMs: env.TURN_TIMEOUT_MS,
      maxSteps: env.TURN_MAX_STEPS,
      maxToolCalls: env.TURN_MAX_TOOL_CALLS,
      leaseMs: env.RUN_LEASE_MS,
      queueLimit: env.SESSION_QUEUE_LENGTH,
      queueTimeoutMs: env.QUEUE_TIMEOUT_MS,
      approvalTtlMs: env.APPROVAL_TIMEOUT_MS,
      retentionMs: env.RUN_RETENTION_HOURS * 3_600_000,
    },
    streamHeartbeatMs: env.STREAM_HEARTBEAT_MS,
    shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
    limits: limitSettings(env),
    observability: observabilitySettings(env),
  };
}

/** Everything that can be set, validated. Times are milliseconds, folders absolute paths. */
export type Config = ReturnType<typeof shape>;

/**
 * Validates the environment. Empty values count as unset, as they are in a copied `.env.example`.
 * @throws StartupError with one line that names the variable, what it got and what it takes; a secret's value is not repeated.
 */
export function readConfig(variables: NodeJS.ProcessEnv): Config {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim()));
  const parsed = environment.safeParse(given);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = String(issue?.path[0]);
    const got = /KEY|TOKEN|URL|SECRET|ISSUER|HEADERS|ENDPOINT/.test(name)
      ? 'a value that does not fit'
      : `"${given[name]}"`;
    throw new StartupError(`${name} got ${got}; it takes ${issue?.message}.`);
  }
  return shape(parsed.data);
}
