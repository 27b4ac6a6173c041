import underPressure from '@fastify/under-pressure';
import type { FastifyRequest } from 'fastify';
import type { LimitSettings } from '../config/limit-settings.ts';
import { ProblemError } from '../errors.ts';
import { isUnlimited } from './request-limits.ts';
import type { App } from './server-app.ts';

/** What the event loop's delay is the mean of: so long that one task which takes a second, as the first question does, is not pressure. */
const SAMPLE_MS = 3_000;
const RETRY_SECONDS = 5;

interface PressureNeeds {
  /** The mean delay of one sample, in milliseconds, from which on requests are refused. */
  settings: Pick<LimitSettings, 'maxEventLoopDelayMs'>;
  onRefused: (limit: string) => void;
}

/** Refuses requests at once while the process is too busy to answer them in time; health is still told. */
export async function refuseUnderPressure(app: App, { settings, onRefused }: PressureNeeds): Promise<void> {
  const { maxEventLoopDelayMs } = settings;
  if (maxEventLoopDelayMs === 0) return;
  await app.register(underPressure, {
    maxEventLoopDelay: maxEventLoopDelayMs,
    sampleInterval: SAMPLE_MS,
    pressureHandler: async (request: FastifyRequest) => {
      if (isUnlimited(request)) return;
      onRefused('event_loop');
      throw new ProblemError(
        'overloaded',
        `The server is too busy (its event loop lags by more than ${maxEventLoopDelayMs} ms); ask again in ${RETRY_SECONDS} s.`,
        { retryAfterSeconds: RETRY_SECONDS },
      );
    },
  });
}
