import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { WriteOptions } from '../../github/calls.ts';
import type { GitHubAccount } from '../../github/github.ts';
import { nameOf } from '../../github/repository-name.ts';
import { clientGone } from '../client-gone.ts';
import { pageSize, problems } from '../schemas.ts';
import { type Change, changeInTurn } from './changes-in-turn.ts';
import { commentShape, issueShape, showComment, showIssue } from './issue-shapes.ts';
import {
  bodyText,
  type GitHubOptions,
  label,
  limit,
  listOf,
  login,
  numberParams,
  repositoryParams,
  showList,
  tags,
  titleText,
  writeHeaders,
  writeOptions,
  written,
} from './shapes.ts';

const state = z.enum(['open', 'closed', 'all'], 'takes open, closed or all');
const labels = z.array(label).max(100);
const assignees = z.array(login).max(10);
const querystring = z.strictObject({
  state: state.optional().describe('Left out: open; with query: all'),
  labels: z
    .string()
    .max(1_000)
    .transform((text) => text.split(',').map((name) => name.trim()))
    .pipe(labels)
    .optional()
    .describe('Names with commas between them; an issue has all of them'),
  assignee: z
    .union([login, z.enum(['*', 'none'])], 'takes the name of an account, none, or * for anybody')
    .optional(),
  query: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('Words, and GitHub’s own search syntax; GitHub finds what is new some moments later'),
  limit,
});
const changedIssue = z
  .strictObject({
    title: titleText.optional(),
    body: bodyText.optional(),
    state: z.enum(['open', 'closed'], 'takes open or closed').optional(),
    state_reason: z
      .enum(['completed', 'not_planned'], 'takes completed or not_planned')
      .optional()
      .describe('Why it is closed'),
    labels: labels.optional().describe('All labels, in place of those that it has'),
    assignees: assignees.optional().describe('All who shall work on it, in place of those who do'),
  })
  .refine((change) => Object.keys(change).length > 0, 'takes at least one thing to change')
  .refine(
    (change) => change.state_reason === undefined || change.state === 'closed',
    'takes state_reason only with state closed',
  );

/** `/github-admin/repos/:owner/:repo/issues`: issues and what is said to them. */
export const issueRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, options) => {
  await app.register(readRoutes, options);
  await app.register(createRoutes, options);
  await app.register(changeRoute, options);
};

const readRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.get(
    '/repos/:owner/:repo/issues',
    {
      schema: {
        tags,
        summary: 'Issues, the newest first; pull requests are not among them',
        params: repositoryParams,
        querystring,
        response: { 200: listOf(issueShape), ...problems },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      const filter = query.query === undefined ? query : { query: searchOf(query), limit: query.limit };
      return showList(await account.issues.list(nameOf(params), { ...filter, signal }), showIssue);
    },
  );

  app.get(
    '/repos/:owner/:repo/issues/:number',
    {
      schema: {
        tags,
        summary: 'An issue with its latest comments',
        params: numberParams,
        querystring: z.strictObject({ comments: pageSize(50).describe('How many') }),
        response: {
          200: issueShape.extend({
            comments: z.array(commentShape).describe('The oldest of them first'),
            comments_omitted: z.number().describe('How many older ones there are'),
          }),
          ...problems,
        },
      },
    },
    async ({ user, params, query }, reply) => {
      const signal = clientGone(reply);
      const account = await repositories.account(user.id);
      const { comments, commentsOmitted, ...issue } = await account.issues.read(
        nameOf(params),
        params.number,
        { ...query, signal },
      );
      return {
        ...showIssue(issue),
        comments: comments.map(showComment),
        comments_omitted: commentsOmitted,
      };
    },
  );
};

const createRoutes: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.post(
    '/repos/:owner/:repo/issues',
    {
      schema: {
        tags,
        summary: 'Open an issue',
        params: repositoryParams,
        headers: writeHeaders,
        body: z.strictObject({
          title: titleText,
          body: bodyText.optional(),
          labels: labels.optional(),
          assignees: assignees.optional(),
        }),
        response: { 201: issueShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const { repeated, ...issue } = await account.issues.create(
        nameOf(request.params),
        request.body,
        options,
      );
      return reply.code(201).send({ ...showIssue(issue), repeated });
    },
  );

  app.post(
    '/repos/:owner/:repo/issues/:number/comments',
    {
      schema: {
        tags,
        summary: 'Say something to an issue or a pull request',
        params: numberParams,
        headers: writeHeaders,
        body: z.strictObject({
          body: bodyText.refine((text) => text.trim() !== '', 'takes text that is not blank'),
        }),
        response: { 201: commentShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const { repeated, ...comment } = await account.issues.comment(
        nameOf(params),
        params.number,
        body.body,
        options,
      );
      return reply.code(201).send({ ...showComment(comment), repeated });
    },
  );
};

const changeRoute: FastifyPluginAsyncZod<GitHubOptions> = async (app, { repositories }) => {
  app.patch(
    '/repos/:owner/:repo/issues/:number',
    {
      schema: {
        tags,
        summary: 'Change an issue, close it or open it again; labels and assignees also of a pull request',
        description:
          'Changes are made one after another; if one fails, `changed` of the problem names the fields before it.',
        params: numberParams,
        headers: writeHeaders,
        body: changedIssue,
        response: { 200: issueShape.extend(written), ...problems },
      },
    },
    async (request, reply) => {
      const { params, body } = request;
      const options = writeOptions(request, reply);
      const account = await repositories.account(request.user.id);
      const target = { account, name: nameOf(params), number: params.number, options };
      const repeated = await changeInTurn(await changesOf(body, target));
      const { signal } = options;
      const {
        comments: _,
        commentsOmitted: _omitted,
        ...issue
      } = await account.issues.read(target.name, target.number, { comments: 1, signal });
      return { ...showIssue(issue), repeated };
    },
  );
};

interface Target {
  account: GitHubAccount;
  name: string;
  number: number;
  options: WriteOptions;
}

async function changesOf(body: z.infer<typeof changedIssue>, target: Target): Promise<Change[]> {
  const { account, name, number, options } = target;
  const { title, body: text, state: wanted, state_reason: reason, labels: all, assignees: people } = body;
  const changes: (Change | false)[] = [
    (title !== undefined || text !== undefined) && {
      field: Object.keys(body)
        .filter((field) => field === 'title' || field === 'body')
        .join(', '),
      make: () => account.issues.update(name, number, { title, body: text }, options),
    },
    all !== undefined && { field: 'labels', make: () => account.labels.set(name, number, all, options) },
    ...(people === undefined ? [] : await assigneeChanges(people, target)),
    wanted === 'closed' && {
      field: 'state',
      make: () => account.issues.close(name, number, { ...options, reason }),
    },
    wanted === 'open' && { field: 'state', make: () => account.issues.reopen(name, number, options) },
  ];
  return changes.filter((change) => change !== false);
}

/** GitHub adds people and takes them away; it has no call that replaces them. */
async function assigneeChanges(wanted: string[], target: Target): Promise<Change[]> {
  const { account, name, number, options } = target;
  const { assignees: present } = await account.issues.read(name, number, {
    comments: 1,
    signal: options.signal,
  });
  const folded = wanted.map((person) => person.toLowerCase());
  const added = wanted.filter((person) => !present.some((one) => one.toLowerCase() === person.toLowerCase()));
  const removed = present.filter((person) => !folded.includes(person.toLowerCase()));
  const changes: (Change | false)[] = [
    added.length > 0 && {
      field: 'assignees',
      make: () => account.labels.assign(name, number, added, options),
    },
    removed.length > 0 && {
      field: 'assignees',
      make: () => account.labels.unassign(name, number, removed, options),
    },
  ];
  return changes.filter((change) => change !== false);
}

/** GitHub's search takes filters as words of the query. */
function searchOf({
  query = '',
  state: wanted,
  labels: names,
  assignee,
}: z.infer<typeof querystring>): string {
  const people = { none: 'no:assignee', '*': '-no:assignee' };
  return [
    query,
    ...(wanted === undefined || wanted === 'all' ? [] : [`state:${wanted}`]),
    ...(names ?? []).map((name) => `label:"${name.replaceAll('"', '\\"')}"`),
    ...(assignee === undefined
      ? []
      : [assignee === 'none' || assignee === '*' ? people[assignee] : `assignee:${assignee}`]),
  ].join(' ');
}
