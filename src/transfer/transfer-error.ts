/** Why contents were not carried over; the message is the sentence that the person reads. */
export class TransferError extends Error {
  override readonly name = 'TransferError';
}

/** Ends the work at the next step when the person asked for that. */
export function refuseWhenStopped(stop: AbortSignal): void {
  if (stop.aborted) throw new TransferError('Interrupted.');
}
