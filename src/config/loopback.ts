import { isIP } from 'node:net';

const LOOPBACK_NAMES = ['127.0.0.1', '::1', 'localhost'];

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host) || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a request names this machine, by its header `Host` as it came: what a proxy says of another one is not asked. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  return hostHeader !== undefined && isLocalOrigin(`http://${hostHeader}`);
}

/** Whether a page is one of this machine's own servers, by its origin. */
export function isLocalOrigin(origin: string): boolean {
  return URL.canParse(origin) && isLoopback(new URL(origin).hostname.replace(/^\[|\]$/g, ''));
}
