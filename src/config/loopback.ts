import { isIP } from 'node:net';

const LOOPBACK_NAMES = ['127.0.0.1', '::1', 'localhost'];

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return LOOPBACK_NAMES.includes(host) || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Whether a request names this machine, by its header `Host` as it came: what a proxy says of another one is not asked. */
export function namesLoopback(hostHeader: string | undefined): boolean {
  const url = `http://${hostHeader}`;
  return (
    hostHeader !== undefined && URL.canParse(url) && isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
  );
}
