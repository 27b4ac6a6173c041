import { z } from "zod";

const Environment = z.object({
  /** 0.0.0.0 in a container; on your own computer nobody else needs to reach it. */
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).prefault("{{port}}"),
  DATABASE_FILE: z.string().default("data/assistant.db"),
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: z.url({ protocol: /^https?$/ }).optional(),
  CHAT_MODEL: z.string().default("gpt-4.1-mini"),
});

export interface OpenaiSettings {
  apiKey: string;
  baseURL: string;
  model: string;
}

export interface Config {
  host: string;
  port: number;
  databaseFile: string;
  /** Left out when there is no account: then the offline model answers. */
  openai?: OpenaiSettings;
}

/** Reads the environment, once, at the start. Throws an Error that names each setting that is wrong. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  // An empty line of a .env file, such as "OPENAI_API_KEY=", means that it is not set.
  const given = Object.entries(environment).filter(([, value]) => value !== "");
  const result = Environment.safeParse(Object.fromEntries(given));
  if (!result.success) throw new Error(`The settings are wrong.\n${z.prettifyError(result.error)}`);
  const env = result.data;
  const config = { host: env.HOST, port: env.PORT, databaseFile: env.DATABASE_FILE };
  if (!env.OPENAI_API_KEY && !env.OPENAI_BASE_URL) return config;
  return {
    ...config,
    openai: {
      // A model server of your own, such as Ollama, asks for no key.
      apiKey: env.OPENAI_API_KEY ?? "none",
      baseURL: env.OPENAI_BASE_URL ?? "https://api.openai.com/v1",
      model: env.CHAT_MODEL,
    },
  };
}
