import { describe, expect, it } from 'vitest';
import { type History, LONGEST_LINE_BYTES, noFindings } from '../../src/history-files/history.ts';
import { type Target, type Uploaded, uploadHistory } from '../../src/history-files/upload.ts';
import { startImportStub } from '../support/import-stub.ts';

function historyOf(contents: string[]): History {
  async function* lines() {
    for (const [index, content] of contents.entries())
      yield { text: JSON.stringify({ content }), place: `message ${index + 1}` };
  }
  return { format: 'ndjson', lines: lines(), findings: noFindings() };
}

async function upload(history: History, target: Omit<Target, 'stop'>): Promise<Uploaded[]> {
  return await Array.fromAsync(uploadHistory(history, { stop: new AbortController().signal, ...target }));
}

describe('the upload', () => {
  it('starts another request before one would have more than 2 MB', async () => {
    const stub = await startImportStub();
    const contents = Array.from({ length: 5 }, (_, index) => `${index}${'ñ'.repeat(400_000)}`);
    await upload(historyOf(contents), { url: stub.url });
    expect(stub.requests.map(({ lines }) => lines.length)).toEqual([2, 2, 1]);
    expect(stub.requests.flatMap(({ lines }) => lines.map((line) => JSON.parse(line).content))).toEqual(
      contents,
    );
    expect(Math.max(...stub.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2_000_000);
  });

  it('sends a line of more than 2 MB alone, and one that no request can hold not at all', async () => {
    const stub = await startImportStub();
    const history = historyOf(['a', 'b'.repeat(3_000_000), 'c'.repeat(LONGEST_LINE_BYTES), 'd']);
    await upload(history, { url: stub.url });
    expect(stub.requests.map(({ lines }) => lines.length)).toEqual([1, 1, 1]);
    expect(history.findings.faults).toEqual({
      count: 1,
      first: [{ place: 'message 3', detail: expect.stringContaining('8 MB') }],
    });
  });

  it('does not wait for ever for an answer, and tries again', async () => {
    const stub = await startImportStub([() => new Promise(() => undefined)]);
    const answers = await upload(historyOf(['a']), { url: stub.url, requestLimitMs: 500 });
    expect(answers).toEqual([{ imported: 1, skipped: 0 }]);
    expect(stub.requests).toHaveLength(2);
  });

  it('keeps the first ten faults and counts the others', async () => {
    const stub = await startImportStub();
    const history = historyOf(Array.from({ length: 12 }, () => 'bad'));
    await upload(history, { url: stub.url });
    expect(history.findings.faults.count).toBe(12);
    expect(history.findings.faults.first).toHaveLength(10);
  });

  it('does not follow a server that sends it elsewhere', async () => {
    const other = await startImportStub();
    const stub = await startImportStub([
      (response) => void response.writeHead(307, { location: other.url }).end(),
    ]);
    await expect(upload(historyOf(['a']), { url: stub.url })).rejects.toThrow(`${stub.url} answered 307`);
    expect(other.requests).toEqual([]);
  });

  it('does not take the answer of another program for a result', async () => {
    const stub = await startImportStub([(response) => void response.end('<h1>It works!</h1>')]);
    await expect(upload(historyOf(['a']), { url: stub.url })).rejects.toThrow('something else than Tertulia');
  });
});
