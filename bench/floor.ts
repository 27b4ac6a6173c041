import Fastify from 'fastify';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { openEmbedded } from '../src/db/embedded.ts';

// The floor: the least code that does the work of a turn. It embeds the question, stores it and recalls the last five and the nearest
// five messages of its user (exactly, under the user filter) by one statement, asks the model, embeds the answer and stores it. No
// sessions, no events, no limits, no deadlines, no full text: whatever a turn of ours takes beyond this is what our promises cost.

const { MODEL_URL, DATABASE_URL, DATA_DIR = '' } = process.env;
const pool = DATABASE_URL
  ? new pg.Pool({ connectionString: DATABASE_URL, max: 10 })
  : (await openEmbedded(DATA_DIR)).openPool();

await pool.query('CREATE EXTENSION IF NOT EXISTS vector');
await pool.query(`
  CREATE TABLE IF NOT EXISTS floor_messages (
    id uuid PRIMARY KEY, user_id text NOT NULL, role text NOT NULL, content text NOT NULL, embedding halfvec(1536) NOT NULL)`);
await pool.query('ALTER TABLE floor_messages ALTER COLUMN embedding SET STORAGE plain');
await pool.query('CREATE INDEX IF NOT EXISTS floor_messages_user ON floor_messages (user_id, id)');

async function ask<Answer>(path: string, body: object): Promise<Answer> {
  const answer = await fetch(`${MODEL_URL}/v1${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer bench' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`the model answered ${answer.status}`);
  return (await answer.json()) as Answer;
}

async function embed(text: string): Promise<string> {
  const { data } = await ask<{ data: { embedding: string }[] }>('/embeddings', {
    ...{ model: 'bench-embed', input: text, encoding_format: 'base64' },
  });
  const bytes = Buffer.from(data[0]?.embedding ?? '', 'base64');
  return JSON.stringify([...new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)]);
}

const app = Fastify();
app.post<{ Body: { query: string } }>('/ask', async (request) => {
  const user = String(request.headers['x-user-id']);
  const { query } = request.body;
  const vector = await embed(query);
  const { rows } = await pool.query<{ role: string; content: string }>({
    name: 'accept and recall',
    text: `
      WITH asked AS (
        INSERT INTO floor_messages (id, user_id, role, content, embedding) VALUES ($1, $2, 'user', $3, $4)
      )
      (SELECT role, content FROM floor_messages WHERE user_id = $2 ORDER BY id DESC LIMIT 5)
      UNION ALL
      (SELECT role, content FROM floor_messages WHERE user_id = $2 ORDER BY embedding <=> $4::halfvec LIMIT 5)`,
    values: [uuidv7(), user, query, vector],
  });
  const { choices } = await ask<{ choices: { message: { content: string } }[] }>('/chat/completions', {
    model: 'bench-chat',
    messages: [...rows.toReversed(), { role: 'user', content: query }],
  });
  const response = choices[0]?.message.content ?? '';
  await pool.query({
    name: 'store the answer',
    text: `INSERT INTO floor_messages (id, user_id, role, content, embedding) VALUES ($1, $2, 'assistant', $3, $4)`,
    values: [uuidv7(), user, response, await embed(response)],
  });
  return { response };
});
console.log(`ready at ${await app.listen({ host: '127.0.0.1', port: 0 })}`);
