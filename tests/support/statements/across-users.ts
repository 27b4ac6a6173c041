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
    name: 'vectors of another model',
    begins:
      'insert into embedding_queue (user_id, message_id) select v.user_id, v.message_id from message_vectors',
    tables: 'message_vectors as v, embedding_queue as q, embedding_queue',
    reason: 'A new embedding model is everybody’s; each row is queued under its own user_id.',
  },
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
    begins: 'select distinct user_id from file_changes',
    tables: 'file_changes',
    reason: 'The retention of old contents visits every workspace.',
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
      'select user_id as "userId", extract(epoch from now() - checked_at)::float8 as "uncheckedSeconds" from github_follows',
    tables: 'github_follows',
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
