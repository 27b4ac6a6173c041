/** An answer of GitHub's, kept to be used again while its ETag holds. */
export interface KeptAnswer {
  etag: string;
  status: number;
  headers: [string, string][];
  body: Uint8Array<ArrayBuffer>;
}

/** Answers by key, the least recently used leave first. */
export interface EtagCache {
  get(key: string): KeptAnswer | undefined;
  set(key: string, answer: KeptAnswer): void;
  clear(): void;
}

interface EtagCacheLimits {
  entries?: number;
  bytes?: number;
}

/** Keeps answers in memory within both limits: 500 answers and 32 MiB unless told otherwise. */
export function openEtagCache({ entries = 500, bytes = 32 * 1024 * 1024 }: EtagCacheLimits = {}): EtagCache {
  // A Map keeps the order of insertion, so its first key is the one used longest ago.
  const kept = new Map<string, KeptAnswer>();
  let size = 0;

  function remove(key: string): void {
    size -= kept.get(key)?.body.byteLength ?? 0;
    kept.delete(key);
  }

  return {
    get(key) {
      const answer = kept.get(key);
      if (answer === undefined) return undefined;
      kept.delete(key);
      kept.set(key, answer);
      return answer;
    },
    set(key, answer) {
      remove(key);
      // One answer may not drive out all others.
      if (answer.body.byteLength > bytes / 4) return;
      kept.set(key, answer);
      size += answer.body.byteLength;
      for (const oldest of kept.keys()) {
        if (kept.size <= entries && size <= bytes) break;
        remove(oldest);
      }
    },
    clear() {
      kept.clear();
      size = 0;
    },
  };
}
