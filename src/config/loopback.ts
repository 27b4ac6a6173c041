import { isIP } from 'node:net';

const LOOPBACK_NAMES = ['127.0.0.1', '::1', 'localhost'];

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host) || (isIP(host) === 4 && host.startsWith('127.'));
}
