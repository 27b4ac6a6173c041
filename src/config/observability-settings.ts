import { z } from 'zod';
import { httpUrl, text, whole } from './values.ts';

const ORIGINS_ERROR = 'origins such as https://app.example.com, with commas between them';
const HEADERS_ERROR = 'pairs such as name=value, with commas between them';
const RATIO_ERROR = 'a number from 0 to 1';

const origins = z
  .string()
  .transform((value) => value.split(',').map((origin) => origin.trim()))
  .refine((given) => given.every(isOrigin), ORIGINS_ERROR);

/** As OpenTelemetry writes them: values are percent-encoded. */
const headers = z
  .string()
  .regex(/^\s*[\w!#$%&'*+.^`|~-]+=[^,;]*(,\s*[\w!#$%&'*+.^`|~-]+=[^,;]*)*$/, HEADERS_ERROR)
  .transform((value) =>
    Object.fromEntries(
      value.split(',').map((pair) => {
        const [name = '', ...rest] = pair.split('=');
        return [name.trim(), decoded(rest.join('=').trim())];
      }),
    ),
  );

/** The settings of metrics, traces, readiness and who may read answers in a browser. */
export const observabilityFields = {
  METRICS_TOKEN: text.min(16, { error: 'at least 16 characters' }).optional(),
  READY_MIN_FREE_MB: whole(64, 0, 1_000_000),
  CORS_ORIGINS: origins.optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: headers.optional(),
  OTEL_SERVICE_NAME: text.default('tertulia'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number({ error: RATIO_ERROR })
    .min(0, RATIO_ERROR)
    .max(1, RATIO_ERROR)
    .default(1),
};

const fields = z.object(observabilityFields);

/** What the environment says of metrics, traces, readiness and CORS. */
export function observabilitySettings(env: z.infer<typeof fields>) {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = env;
  return {
    metricsToken: env.METRICS_TOKEN,
    leastFreeMebibytes: env.READY_MIN_FREE_MB,
    corsOrigins: env.CORS_ORIGINS ?? [],
    traces: endpoint
      ? {
          endpoint,
          headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {},
          serviceName: env.OTEL_SERVICE_NAME,
          ratio: env.OTEL_TRACES_SAMPLER_ARG,
        }
      : undefined,
  };
}

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^/?#@\s]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
