import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { estimateTokens, type FakeFailure, sendFailure, sendJson } from './fake-openai-replies.ts';
import type { EmbeddingRequest } from './fake-openai-rules.ts';

/** What the fake embedder answers: its own vectors, or the same spoiled in some way. */
export type EmbeddingReply =
  | FakeFailure
  | {
      /** Length of the vectors, whatever was asked for. */
      dimensions?: number;
      /** Number of the vectors, whatever was asked for. */
      count?: number;
      /** The vectors themselves, for some or all of the texts. */
      vectors?: number[][];
      spoil?: 'not-a-number' | 'zeros';
      /** Sends them in reverse order, each with its right `index`. */
      reversed?: boolean;
      delayMs?: number;
    };

interface EmbeddingForm {
  request: EmbeddingRequest;
  nativeDimensions: number;
  ignoresEncoding: boolean;
}

/** Sends an embeddings reply. */
export async function sendEmbeddings(
  response: ServerResponse,
  reply: EmbeddingReply,
  { request, nativeDimensions, ignoresEncoding }: EmbeddingForm,
): Promise<void> {
  if (typeof reply === 'object' && 'delayMs' in reply) await sleep(reply.delayMs ?? 0);
  if (
    sendFailure(response, reply, false) ||
    typeof reply === 'string' ||
    'stall' in reply ||
    'status' in reply
  )
    return;
  const texts = typeof request.input === 'string' ? [request.input] : request.input;
  const dimensions = reply.dimensions ?? request.dimensions ?? nativeDimensions;
  const count = reply.count ?? texts.length;
  const base64 = request.encoding_format === 'base64' && !ignoresEncoding;
  const data = Array.from({ length: count }, (_, index) => {
    const vector = reply.vectors?.[index] ?? fakeVector(texts[index] ?? '', dimensions);
    if (reply.spoil === 'zeros') vector.fill(0);
    if (reply.spoil === 'not-a-number') vector[0] = Number.NaN;
    return { object: 'embedding', index, embedding: base64 ? encode(vector) : vector };
  });
  if (reply.reversed) data.reverse();
  const tokens = texts.reduce((sum, text) => sum + estimateTokens(text), 0);
  const usage = { prompt_tokens: tokens, total_tokens: tokens };
  sendJson(response, 200, { object: 'list', data, model: request.model, usage });
}

/** The fake's vector of a text: its words hashed into signed axes, of length 1; texts that share words are near. */
export function fakeVector(text: string, dimensions = 1536): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const digest = createHash('sha256').update(word).digest();
    for (const offset of [0, 8, 16]) {
      const axis = digest.readUInt32LE(offset) % dimensions;
      vector[axis] = (vector[axis] ?? 0) + (digest.readUInt8(offset + 4) > 127 ? 1 : -1);
    }
  }
  const length = Math.hypot(...vector);
  if (length === 0) vector[0] = 1;
  return length === 0 ? vector : vector.map((value) => value / length);
}

function encode(vector: number[]): string {
  return Buffer.from(Float32Array.from(vector).buffer).toString('base64');
}
