import type { ChatSettings } from './settings.ts';

const DEFAULT_BASE_URL = 'https://api.openai.com/v1';
const PROBE_TIMEOUT_MS = 2_000;
/** How long one probe's result is believed, so that probing a server does not become load on the model. */
const BELIEVED_MS = 10_000;

/** Asks whether a model's server answers; resolves to undefined when it does, or to the reason when it does not. */
export function createModelProbe(settings: ChatSettings): () => Promise<string | undefined> {
  if (settings.provider === 'offline') return async () => undefined;
  const { baseUrl, apiKey } = settings;
  let probedAt = Number.NEGATIVE_INFINITY;
  let latest: Promise<string | undefined> = Promise.resolve(undefined);
  return () => {
    if (performance.now() - probedAt > BELIEVED_MS) {
      probedAt = performance.now();
      latest = probe(`${(baseUrl ?? DEFAULT_BASE_URL).replace(/\/+$/, '')}/models`, apiKey);
    }
    return latest;
  };
}

async function probe(url: string, apiKey: string | undefined): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      headers: apiKey ? { authorization: `Bearer ${apiKey}` } : {},
      signal: AbortSignal.timeout(PROBE_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.ok ? undefined : `the model's server answered with status ${response.status}`;
  } catch {
    return `the model's server did not answer within ${PROBE_TIMEOUT_MS} ms`;
  }
}
