import { isRefusal, isTooLong } from '../models/failures.ts';
import type { EmbeddingModel } from '../models/settings.ts';
import type { TextSource, WaitingText } from './text-source.ts';
import { embedTexts } from './vectors.ts';

/** So many texts are looked at in one statement, so that none takes long. */
const PAGE = 1_000;
/** A text that failed alone so often, while others did not, is left out. */
const MOST_FAILURES = 3;
const PROBE = 'hello';

interface FillNeeds {
  sources: { messages: TextSource; chunks: TextSource };
  batchSize: number;
  /** Called after each batch; throws when the work is no longer this process's. */
  onBatch: () => Promise<void>;
}

/** Gives a model's vectors to whatever lacks them. */
export function createFill({ sources, batchSize, onBatch }: FillNeeds) {
  /** How often a text of this model failed by itself. */
  const failures = new Map<string, number>();

  /**
   * Goes through all texts again and again until none lacks a vector but those that the model does not take; how many those are.
   *
   * @throws what the model throws when it is down, and the signal's reason; what was embedded until then stays.
   */
  async function fill(model: EmbeddingModel, signal: AbortSignal): Promise<number> {
    for (;;) {
      let waiting = 0;
      for (const source of sourcesOf(model)) waiting += await pass(model, source, signal);
      if (waiting === 0) return leftOut().length;
    }
  }

  /** Leaves what the model did not take to those who embed what is new. */
  async function leaveRefused(): Promise<void> {
    const keys = leftOut().map((key) => JSON.parse(key) as string[]);
    await sources.messages.leave(keys.filter(({ length }) => length === MESSAGE_KEY_LENGTH));
    await sources.chunks.leave(keys.filter(({ length }) => length !== MESSAGE_KEY_LENGTH));
  }

  /** A lexical embedder sees in documents what their words and trigrams say already. */
  function sourcesOf({ kind }: EmbeddingModel): TextSource[] {
    return kind === 'neural' ? [sources.messages, sources.chunks] : [sources.messages];
  }

  function leftOut(): string[] {
    return [...failures].filter(([, count]) => count >= MOST_FAILURES).map(([key]) => key);
  }

  /** One way through all texts of a kind; how many lacked a vector and were not left out before. */
  async function pass(model: EmbeddingModel, source: TextSource, signal: AbortSignal): Promise<number> {
    const skipped = new Set(leftOut());
    let found = 0;
    let after: string[] = [];
    for (;;) {
      signal.throwIfAborted();
      const { last, missing } = await source.page(model.name, after, PAGE);
      if (!last) return found;
      after = last;
      const keys = missing.filter((key) => !skipped.has(JSON.stringify(key)));
      found += keys.length;
      for (let from = 0; from < keys.length; from += batchSize) {
        signal.throwIfAborted();
        const texts = await source.load(model.name, keys.slice(from, from + batchSize));
        if (texts.length > 0) await embedApart(model, source, texts);
        await onBatch();
      }
    }
  }

  /** Embeds a batch at once or, if that fails, one by one, so that one odd text does not keep the others back. */
  async function embedApart(model: EmbeddingModel, source: TextSource, texts: WaitingText[]): Promise<void> {
    if (texts.length > 1 && (await embed(model, source, texts)) === null) return;
    let isProbed = false;
    for (const text of texts) {
      const failure = await embed(model, source, [text]);
      if (failure === null) continue;
      // A model that takes nothing at all is down, or not set up; it is not the text then.
      if (!isProbed) await embedTexts(model, [PROBE]);
      isProbed = true;
      const name = JSON.stringify(text.key);
      failures.set(name, (failures.get(name) ?? 0) + (isOdd(failure.error) ? MOST_FAILURES : 1));
    }
  }

  /** Null when all is stored; otherwise why the model did not embed the texts. */
  async function embed(
    model: EmbeddingModel,
    source: TextSource,
    texts: WaitingText[],
  ): Promise<{ error: unknown } | null> {
    const asked = texts.map(({ text }) => text);
    const embedded = await embedTexts(model, asked).then(
      (vectors) => ({ vectors }),
      (error: unknown) => ({ error }),
    );
    if ('error' in embedded) return embedded;
    await source.store(
      model.name,
      texts.flatMap((text, index) => {
        const vector = embedded.vectors[index];
        return vector ? [{ ...text, vector }] : [];
      }),
    );
    return null;
  }

  return { fill, leaveRefused };
}

/** The user and the message; a chunk's has the document, too. */
const MESSAGE_KEY_LENGTH = 2;

/** Whether it is the text that the embedder does not take. */
function isOdd(error: unknown): boolean {
  return isRefusal(error) || isTooLong(error);
}
