import { createHash, randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { WriteOptions } from '../../github/calls.ts';
import type { Listed } from '../../github/pages.ts';
import type { Repositories } from '../../repositories/repositories.ts';
import { clientGone } from '../client-gone.ts';
import { pageSize } from '../schemas.ts';

export const tags = ['github-admin'];

/** What each group of routes is given. */
export interface GitHubOptions {
  repositories: Repositories;
}

const positive = z.coerce.number('takes a whole number').int().min(1).max(Number.MAX_SAFE_INTEGER);

/** The repository of an address. */
export const repositoryParams = z.object({
  owner: z.string().regex(/^[A-Za-z\d][\w-]{0,99}$/, 'takes the name of an account, such as ana'),
  repo: z.string().regex(/^(?!\.{1,2}$)[\w.-]{1,100}$/, 'takes the name of a repository, such as shop'),
});
export const numberParams = repositoryParams.extend({
  number: positive.describe('Of the issue or pull request'),
});
export const idParams = repositoryParams.extend({ id: positive });

/** GitHub's longest title and text, with room for the mark by which a write is found again. */
export const titleText = z.string().trim().min(1, 'takes a title that is not blank').max(256);
export const bodyText = z.string().max(65_000, 'takes at most 65,000 characters');
export const login = z
  .string()
  .regex(/^[A-Za-z\d][\w-]{0,99}(\[bot\])?$/, 'takes the name of an account, such as ana');
export const label = z.string().trim().min(1, 'takes a name that is not blank').max(50);

/** What git takes for the name of a branch, tag or commit; https://git-scm.com/docs/git-check-ref-format */
const REF =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
  /^(?![/.-])(?!.*(?:\.\.|\/\/|\/\.|@\{|\.lock(?:\/|$)|[/.]$))[^\u0000-\u0020\u007f~^:?*[\\]{1,255}$/;
export const ref = z.string().regex(REF, 'takes the name of a branch, tag or commit');
/** The same, or one of a fork. */
export const headRef = z
  .string()
  .refine(
    (text) => REF.test(text.replace(/^[A-Za-z\d][\w-]{0,99}:/, '')),
    'takes a branch, or owner:branch of a fork',
  );
export const sha = z.string().regex(/^[0-9a-f]{40}$/, 'takes the whole hash of a commit');

/** A file's or folder's path in a repository; what git refuses is refused where it is used. */
export const repositoryPath = z.string().min(1, 'takes a path such as src/shop.ts').max(4_000);

export const limit = pageSize(30);

/** What names a write, so that it can be asked for twice and is done once. */
export const writeHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'takes 1 to 255 visible ASCII characters, once')
    .optional()
    .describe('Names this write: asked for again with the same key within 24 hours, it is looked for first'),
});

/** A part of the answer of every write. */
export const written = {
  repeated: z
    .boolean()
    .describe(
      'Whether it had been asked for before: it was found, or sent again after an answer that was lost',
    ),
};

interface WriteRequest {
  user: { id: string };
  headers: z.infer<typeof writeHeaders>;
}

/**
 * How a write is found again. The mark can be read at GitHub, so that it is not the key itself; and GitHub's comments take fewer
 * characters than a key may have.
 */
export function writeOptions({ user, headers }: WriteRequest, reply: FastifyReply): WriteOptions {
  const key = headers['idempotency-key'];
  const signal = clientGone(reply);
  if (key === undefined) return { mark: randomUUID(), signal };
  const mark = createHash('sha256')
    .update(JSON.stringify([user.id, key]))
    .digest('hex');
  return { mark, again: true, signal };
}

/** A part of a list. */
export function listOf<Shape extends z.ZodType>(item: Shape) {
  return z.object({
    items: z.array(item),
    more: z.boolean().describe('Whether there is more of it than `limit`'),
  });
}

export function showList<Item, Shown>({ items, hasMore }: Listed<Item>, show: (item: Item) => Shown) {
  return { items: items.map(show), more: hasMore };
}
