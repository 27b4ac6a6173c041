import { DocumentFault } from '../../src/knowledge/document.ts';
import { serveDocuments } from '../../src/knowledge/reader/serve-documents.ts';

// A process as the reader starts it, whose parser does what the name of the document says.
const held: unknown[] = [];

serveDocuments(async ({ path, bytes }) => {
  if (path === 'endless') for (;;) held.length = 0;
  if (path === 'asleep') await new Promise(() => setInterval(() => {}, 1000));
  if (path === 'heap') for (;;) held.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  if (path === 'buffers') {
    for (;;) {
      held.push(Buffer.alloc(16 * 1024 * 1024, 1));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  if (path === 'exit') process.exit(3);
  if (path === 'throw') throw new Error('a fault of the parser');
  if (path === 'late') setTimeout(() => process.exit(3), 5);
  if (path === 'fault') throw new DocumentFault('no_text', 'It is empty.');
  if (path === 'nonsense') process.send?.({ type: 'chunks', chunks: 'none' });
  const text =
    path === 'environment'
      ? JSON.stringify(process.env)
      : path === 'process'
        ? String(process.pid)
        : String(bytes.reduce((sum, byte) => (sum + byte) % 1_000_000_007, 0));
  const chunk = { startLine: 1, endLine: 1, page: null, trail: [], tokenCount: 1, hash: '' };
  const count = path === 'many' ? 20_000 : 1;
  const chunks = Array.from({ length: count }, () => ({
    ...chunk,
    text: count > 1 ? 'x'.repeat(1000) : text,
  }));
  return { format: 'text', title: null, pages: null, chunks };
});
