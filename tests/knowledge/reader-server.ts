import { createReader } from '../../src/knowledge/reader/reader.ts';

// A server that reads a document of the name it is given, tells the number of the process that does, and has nothing else to do.
const reader = createReader({ entry: new URL('./hostile-reader.ts', import.meta.url) });
const { chunks } = await reader.read({ path: 'process', bytes: new Uint8Array(1) }, {});
process.send?.(chunks[0]?.text);
const [, , path = 'sum'] = process.argv;
await reader.read({ path, bytes: new Uint8Array(1) }, {});
process.disconnect();
