/** A statement that is about many users on purpose. */
interface AcrossUsers {
  /** What it is for. */
  name: string;
  /** How it begins, each run of white space being one blank. */
  begins: string;
  /** The personal tables of which it looks at everybody's rows, in the order in which it names them. */
  tables: string;
  reason: string;
}

/** The statements of a change of the embedding model, which is everybody's. */
const OF_ANOTHER_MODEL: AcrossUsers[] = [
  {
    name: 'messages that lack vectors of a model',
    begins: 'with page as materialized ( select user_id, id from messages',
    tables: 'messages, message_vectors as v',
    reason: 'A new embedding model is everybody’s; the answer is keys.',
  },
  {
    name: 'texts of messages that lack vectors of a model',
    begins:
      'select m.user_id as "userId", m.id, m.name, m.content from jsonb_array_elements($1::jsonb) as key',
    tables: 'messages as m, message_vectors as v',
    reason: 'A new embedding model is everybody’s; the vectors go to the keys that were asked for.',
  },
  {
    name: 'messages that a model refused',
    begins:
      'insert into embedding_queue (user_id, message_id) select m.user_id, m.id from jsonb_array_elements($1::jsonb)',
    tables: 'messages as m, embedding_queue',
    reason: 'A new embedding model is everybody’s; each row is queued under its own user_id.',
  },
  {
    name: 'passages that lack vectors of a model',
    begins: 'with page as materialized ( select user_id, document_id, id from chunks',
    tables: 'chunks, chunk_vectors as v',
    reason: 'A new embedding model is everybody’s; the answer is keys.',
  },
  {
    name: 'texts of passages that lack vectors of a model',
    begins: 'select key, c.text from jsonb_array_elements($1::jsonb) as key join chunks as c',
    tables: 'chunks as c, chunk_vectors as v',
    reason: 'A new embedding model is everybody’s; the vectors go to the keys that were asked for.',
  },
  {
    name: 'documents that have all vectors of a model',
    begins: 'update documents as d set embedded_as =',
    tables: 'documents as d, chunks as c, chunk_vectors as v',
    reason: 'A new embedding model is everybody’s; only the name of the model changes.',
  },
  {
    name: 'vectors of messages of a model that is gone',
    begins:
      'with active as materialized (select md5(name) as hash from embedding_models), old as materialized ( select v.user_id, v.message_id',
    tables: 'message_vectors as v, message_vectors as v',
    reason: 'The vectors of a model that is gone are nobody’s; it only deletes.',
  },
  {
    name: 'vectors of passages of a model that is gone',
    begins:
      'with active as materialized (select md5(name) as hash from embedding_models), old as materialized ( select v.user_id, v.document_id',
    tables: 'chunk_vectors as v, chunk_vectors as v',
    reason: 'The vectors of a model that is gone are nobody’s; it only deletes.',
  },
  {
    name: 'whether anything was embedded',
    begins: 'with serving as materialized ( select m.name from embedding_models as m',
    tables: 'message_vectors, chunks',
    reason: 'A change of the model is everybody’s; of vectors and passages only the existence counts.',
  },
  {
    name: 'how far a change of the model was given up',
    begins: 'with gone as ( delete from embedding_models as m where',
    tables: 'messages, chunks, message_vectors, chunk_vectors',
    reason: 'A change of the model is everybody’s; it only counts.',
  },
  {
    name: 'how far a change of the model came',
    begins: "update jobs set state = 'done', owner = null, lease_until = null, note =",
    tables: 'messages, chunks, message_vectors, chunk_vectors',
    reason: 'A change of the model is everybody’s; it only counts.',
  },
  {
    name: 'how far the jobs are, for an admin',
    begins: `select j.id, j.kind, j.parameters->>'from' as "from", j.parameters->>'to' as "to", j.note`,
    tables: 'messages, chunks, message_vectors, chunk_vectors',
    reason: 'A change of the model is everybody’s; it only counts.',
  },
  {
    name: 'how much is left to embed, for the operator',
    begins: 'select m.count as messages, c.count as passages, m.tokens + c.tokens as tokens from',
    tables: 'messages as m, message_vectors as v, chunks as c, chunk_vectors as v',
    reason: 'A change of the model is everybody’s; it only counts.',
  },
];

/**
 * The statements that look at rows of personal tables without naming the user. Each belongs to a sweep in the background, or answers
 * nobody; none of them gives a user anything.
 */
export const ACROSS_USERS: AcrossUsers[] = [
  {
    name: 'messages that wait for their vectors',
    begins: 'select m.user_id as "userId", m.id, m.name, m.content from embedding_queue as q',
    tables: 'embedding_queue as q, messages as m',
    reason: 'The embedder works for everybody; the vectors go to (user_id, id), never to an answer.',
  },
  {
    name: 'messages that wait for nothing, because the serving model has embedded them',
    begins: 'delete from embedding_queue as q using message_vectors as v',
    tables: 'embedding_queue as q, message_vectors as v',
    reason: 'The embedder works for everybody; a row is only taken from the queue.',
  },
  ...OF_ANOTHER_MODEL,
  {
    name: 'documents with vectors of another model',
    begins: "update documents set state = 'embedding', attempts = 0",
    tables: 'documents',
    reason: 'A new embedding model is everybody’s; only states change.',
  },
  {
    name: 'the next document to read',
    begins: 'with next as ( select user_id, id from documents where state in',
    tables: 'documents, documents as d',
    reason: 'The readers work for everybody; the file is then read as its own user.',
  },
  {
    name: 'documents that a process had taken which has ended',
    begins: 'update documents set owner = null, waits_until = null',
    tables: 'documents',
    reason: 'At the start of the only process everything that was taken is free again.',
  },
  {
    name: 'folders that are due to be looked at',
    begins: 'with due as ( select user_id, id from knowledge_roots',
    tables: 'knowledge_roots, knowledge_roots as r',
    reason: 'The follower works for everybody; the folder is then looked at as its own user.',
  },
  {
    name: 'leases of a process',
    begins: 'update runs set lease_expires_at = now()',
    tables: 'runs',
    reason: 'A process keeps all the runs that it carries out, and only those whose lease has its id.',
  },
  {
    name: 'runs of processes that have ended',
    begins: "with gone as ( update runs as r set status = 'failed', error =",
    tables: 'runs as r, run_events as e, run_events as e, run_events',
    reason: 'The caretaker ends what nobody carries out; its words are the program’s own.',
  },
  {
    name: 'runs that ended long ago',
    begins: 'with old as ( select user_id, id from runs where finished_at',
    tables: 'runs, runs as r, run_events as e, checkpoints as c',
    reason: 'The retention of events is everybody’s; it only deletes.',
  },
  {
    name: 'idempotency keys of yesterday',
    begins: 'delete from idempotency_keys where created_at <',
    tables: 'idempotency_keys',
    reason: 'The retention of keys is everybody’s; it only deletes.',
  },
  {
    name: 'tokens of days long ago',
    begins: 'delete from token_usage where day <',
    tables: 'token_usage',
    reason: 'The retention of counters is everybody’s; it only deletes.',
  },
  {
    name: 'what waits in queues',
    begins: "select (select count(*) from (select from runs where status = 'queued'",
    tables: 'runs, embedding_queue, documents',
    reason: 'The metrics say how long queues are, and nothing of what is in them.',
  },
  {
    name: 'who had everything erased and still has contents of files',
    begins: 'select user_id as "userId" from memory_erasures where files_left',
    tables: 'memory_erasures',
    reason: 'The caretaker takes the contents away, each as its own user.',
  },
  {
    name: 'what GitHub sent for nobody else',
    begins:
      'update github_deliveries as d set payload = null, owner = null, waits_until = null where d.payload is not null',
    tables: 'github_follows as f',
    reason: 'A delivery stays for others who follow the repository; of them only the existence counts.',
  },
  {
    name: 'approvals whose time is over',
    begins: 'select distinct a.user_id as "userId", a.run_id as "runId" from approvals as a',
    tables: 'approvals as a, runs as r',
    reason: 'The caretaker ends the runs, each as its own user.',
  },
  {
    name: 'changes of files that were begun',
    begins:
      'select "user_id", "id", "operation", "path", "from_path", "before", "after", "left_behind", "made", "cleared", "undoes", "run_id", "call_id", "agent", "state", "owner", "created_at" from "file_changes" where "file_changes"."state" = $1',
    tables: 'file_changes',
    reason: 'After a crash each workspace is put in order, each as its own user.',
  },
  {
    name: 'everybody whose files were changed',
    begins: 'select user_id from file_changes union select user_id from memory_erasures',
    tables: 'file_changes, memory_erasures',
    reason: 'The retention of old contents visits every workspace.',
  },
  {
    name: 'which changes are written down',
    begins: 'select id::text as id from file_changes where id::text in',
    tables: 'file_changes',
    reason:
      'In a folder that users share, what belongs to anybody’s change is kept; the answer is ids that were asked for.',
  },
  {
    name: 'contents that a change can need again',
    begins: 'select distinct v.etag from file_changes as c',
    tables: 'file_changes as c',
    reason:
      'In a folder that users share, a content is kept as long as anybody needs it; the answer is hashes.',
  },
  {
    name: 'whether anybody follows a repository',
    begins: 'insert into github_deliveries as d (id, event, repository_id, payload)',
    tables: 'github_follows',
    reason: 'A delivery of GitHub’s is for everybody who follows the repository.',
  },
  {
    name: 'all who follow a repository',
    begins:
      'select f.user_id as "userId", extract(epoch from now() - f.checked_at)::float8 as "uncheckedSeconds"',
    tables: 'github_follows as f, memory_erasures as e',
    reason: 'A delivery is remembered for each follower, as that user, whose token GitHub was asked about.',
  },
  {
    name: 'the new name of a repository',
    begins: 'with former as ( select user_id, full_name from github_follows',
    tables: 'github_follows, github_follows as f, chat_sessions as s',
    reason: 'A repository has one name; the titles that change are those of its own conversations.',
  },
  {
    name: 'whose a key is',
    begins: 'select user_id as "userId", role, hash,',
    tables: 'api_keys',
    reason: 'Who asks is what this finds out; the secret of the key is then compared.',
  },
  {
    name: 'keys, for an admin',
    begins:
      'select "user_id", "id", "role", "name", "created_at", "expires_at", "last_used_at", "revoked_at" from "api_keys"',
    tables: 'api_keys',
    reason:
      'Only an admin is answered, who manages the keys of all users; a key has nothing of anybody’s memory.',
  },
  {
    name: 'whether a key is the last one of an admin',
    begins: 'update api_keys as k set revoked_at =',
    tables: 'api_keys',
    reason: 'The server is to keep one admin; of the other keys only their existence counts.',
  },
  {
    name: 'whether there is an admin',
    begins: "select exists (select 1 from api_keys where role = 'admin'",
    tables: 'api_keys',
    reason: 'The server is to keep one admin; only the existence of keys counts.',
  },
  {
    name: 'whether there are keys',
    begins: 'select exists (select 1 from api_keys) as found',
    tables: 'api_keys',
    reason: 'The first key closes the server for everybody; only the existence of keys counts.',
  },
];
