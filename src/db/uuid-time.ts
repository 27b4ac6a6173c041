/** When a UUIDv7 was made, to the millisecond (RFC 9562, section 5.7). */
export function timeOf(id: string): Date {
  return new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
}
