/** Shorter ones are words that may stand anywhere. */
const SHORTEST = 20;
const watched = new Set<string>();

/** From now on in this process, nothing that a test server tells, keeps or sends may hold this. */
export function watchSecret(secret: string): void {
  if (secret.length >= SHORTEST) watched.add(secret);
}

/** Whether anything is to be looked for at all. */
export function isWatching(): boolean {
  return watched.size > 0;
}

/** Which of the watched secrets a text holds, of each only its beginning. */
export function secretsIn(text: string): string[] {
  return [...watched].filter((secret) => text.includes(secret)).map((secret) => `${secret.slice(0, 8)}…`);
}

/** @throws when a text holds a watched secret; `where` begins the sentence. */
export function refuseSecrets(where: string, text: string): void {
  const found = secretsIn(text);
  if (found.length > 0) throw new Error(`${where} holds a secret: ${found.join(', ')}`);
}
