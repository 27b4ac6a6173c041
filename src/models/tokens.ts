const BYTES_PER_TOKEN = 4;

/**
 * Estimates the tokens of a text without a tokenizer: a token of the common vocabularies is about four bytes of UTF-8 in
 * English and Spanish. Good for budgets; what a model really used comes from its own answer.
 */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** Cuts a text to about so many tokens, at a whole character, and marks the cut with an ellipsis. */
export function clipToTokens(text: string, tokens: number): string {
  const bytes = Buffer.from(text);
  const limit = tokens * BYTES_PER_TOKEN;
  if (bytes.length <= limit) return text;
  return `${new TextDecoder().decode(bytes.subarray(0, limit), { stream: true })}…`;
}
