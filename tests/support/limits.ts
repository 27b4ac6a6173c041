import { createGate, type Gate } from '../../src/models/gate.ts';

/** Tests send more at once, from one address and for one user, than people do; those of a limit set it. */
export const WITHOUT_LIMITS = {
  RATE_LIMIT_PER_USER: '0',
  RATE_LIMIT_PER_ADDRESS: '0',
  TURNS_PER_USER: '0',
  TOKENS_PER_USER_PER_DAY: '0',
  MAX_EVENT_LOOP_DELAY_MS: '0',
};

/** A gate at which nobody is refused. */
export function openGate(places: number): Gate {
  return createGate({ places, waitMs: 60_000, lineLength: 10_000, onRefused: () => undefined });
}
