import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Never follow a link, never wait for the other end of a FIFO, never gain a terminal. Windows knows none of them. */
const CAREFULLY =
  constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0) | (constants.O_NOCTTY ?? 0);

/** A regular file that is read in a thread of its own; who opened it disposes it. */
export interface RegularFile extends Disposable {
  /** Reads on into `target` from `start`, up to `length` bytes; fewer only at the end of the file. */
  fill(target: Buffer, start: number, length: number): number;
}

/** Opens a file that the caller has seen to be regular; `undefined` when it no longer is. */
export function openRegular(location: Buffer): RegularFile | undefined {
  const descriptor = openSync(location, CAREFULLY);
  const file: RegularFile = {
    fill: (target, start, length) => fill(descriptor, target.subarray(start, start + length)),
    [Symbol.dispose]: () => closeSync(descriptor),
  };
  if (fstatSync(descriptor).isFile()) return file;
  file[Symbol.dispose]();
  return undefined;
}

function fill(descriptor: number, target: Buffer): number {
  let filled = 0;
  while (filled < target.length) {
    const bytesRead = readSync(descriptor, target, filled, target.length - filled, null);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
