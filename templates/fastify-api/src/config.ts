import { z } from "zod";

const Config = z.object({
  /** 0.0.0.0 in a container; on your own computer nobody else needs to reach it. */
  HOST: z.string().default("127.0.0.1"),
  PORT: z.coerce.number().int().min(0).max(65_535).prefault("{{port}}"),
  LOG_LEVEL: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]).default("info"),
});

export type Config = z.infer<typeof Config>;

/** Reads the environment, once, at the start. Throws an Error that names each setting that is wrong. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  // An empty line of a .env file, such as "PORT=", means the default.
  const given = Object.entries(environment).filter(([, value]) => value !== "");
  const result = Config.safeParse(Object.fromEntries(given));
  if (!result.success) throw new Error(`The settings are wrong.\n${z.prettifyError(result.error)}`);
  return result.data;
}
