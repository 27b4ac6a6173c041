import {
  type Answer,
  accountNamed,
  type Call,
  type Handlers,
  notFound,
  ok,
  page,
  Refusal,
  repositoryOf,
  text,
  viewerOf,
  writableRepository,
} from './exchange.ts';
import { pullOf } from './operations-pulls.ts';
import { changesOf, showPullBriefly, showReview, showReviewComment } from './present-pulls.ts';
import type { Pull } from './pull-state.ts';
import type { Account, Repository, Review, ReviewComment } from './state.ts';

const STATES = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
  PENDING: 'PENDING',
} as const;

function createReview(call: Call): Answer {
  const repository = writableRepository(call, 'pull');
  const { state, body } = call;
  const issue = pullOf(call, repository);
  const author = viewerOf(call);
  const event = (text(body, 'event') ?? 'PENDING') as keyof typeof STATES;
  const words = text(body, 'body') ?? '';
  if (author === issue.author && (event === 'APPROVE' || event === 'REQUEST_CHANGES')) {
    const act = event === 'APPROVE' ? 'approve' : 'request changes on';
    throw new Refusal(422, `Unprocessable Entity: Can not ${act} your own pull request`);
  }
  if (words === '' && (event === 'REQUEST_CHANGES' || (event === 'COMMENT' && !body.comments))) {
    throw new Refusal(422, 'Unprocessable Entity: body cannot be blank');
  }
  if (
    event === 'PENDING' &&
    issue.pull.reviews.some((one) => one.author === author && one.state === 'PENDING')
  ) {
    throw new Refusal(422, 'Unprocessable Entity: User can only have one pending review per pull request');
  }
  const id = state.nextId();
  const review: Review = {
    id,
    author,
    state: STATES[event],
    body: words,
    commit: text(body, 'commit_id') ?? issue.pull.headSha,
    submittedAt: event === 'PENDING' ? undefined : state.now(),
    comments: commentsOf(call, { repository, issue, author, reviewId: id }),
  };
  issue.pull.reviews.push(review);
  issue.pull.reviewers = issue.pull.reviewers.filter((one) => one !== author);
  issue.updatedAt = state.now();
  return ok(showReview(call, repository, { issue, review }));
}

function commentsOf(
  { state, body }: Call,
  place: { repository: Repository; issue: Pull; author: Account; reviewId: number },
): ReviewComment[] {
  const given = (body.comments ?? []) as {
    path: string;
    body: string;
    line?: number;
    side?: 'LEFT' | 'RIGHT';
  }[];
  const changed = changesOf(place.repository, place.issue).map(({ path }) => path);
  return given.map((one) => {
    if (!changed.includes(one.path))
      throw new Refusal(422, 'Unprocessable Entity: Path could not be resolved');
    const now = state.now();
    return {
      id: state.nextId(),
      reviewId: place.reviewId,
      author: place.author,
      body: one.body,
      path: one.path,
      line: one.line ?? null,
      side: one.side ?? 'RIGHT',
      createdAt: now,
      updatedAt: now,
    };
  });
}

function reviewOf(call: Call, issue: Pull): Review {
  const review = issue.pull.reviews.find(({ id }) => id === Number(call.path.review_id));
  if (!review) throw notFound();
  return review;
}

/** Reviews of pull requests. */
export const reviewHandlers: Handlers = {
  'pulls/list-reviews': (call) => {
    const repository = repositoryOf(call);
    const issue = pullOf(call, repository);
    // A review that is not yet sent is its author's alone.
    const seen = issue.pull.reviews.filter(
      ({ state, author }) => state !== 'PENDING' || author === call.viewer,
    );
    return page(call, seen, (list) => list.map((review) => showReview(call, repository, { issue, review })));
  },
  'pulls/get-review': (call) => {
    const repository = repositoryOf(call);
    const issue = pullOf(call, repository);
    return ok(showReview(call, repository, { issue, review: reviewOf(call, issue) }));
  },
  'pulls/create-review': createReview,
  'pulls/submit-review': (call) => {
    const repository = writableRepository(call, 'pull');
    const issue = pullOf(call, repository);
    const review = reviewOf(call, issue);
    if (review.state !== 'PENDING') throw new Refusal(422, 'Unprocessable Entity: Review is not pending');
    review.state = STATES[call.body.event as keyof typeof STATES];
    review.body = text(call.body, 'body') ?? review.body;
    review.submittedAt = call.state.now();
    return ok(showReview(call, repository, { issue, review }));
  },
  'pulls/list-review-comments': (call) => {
    const repository = repositoryOf(call);
    const issue = pullOf(call, repository);
    const comments = issue.pull.reviews.flatMap((review) => review.comments);
    return page(call, comments, (list) =>
      list.map((comment) => showReviewComment(call, repository, { issue, comment })),
    );
  },
  'pulls/request-reviewers': (call) => {
    const repository = writableRepository(call, 'triage');
    const issue = pullOf(call, repository);
    // The body has been found to fit.
    const logins = (call.body.reviewers ?? []) as string[];
    const asked = logins.map((login) => accountNamed(call, login));
    if (asked.includes(issue.author)) {
      throw new Refusal(422, 'Review cannot be requested from pull request author.');
    }
    issue.pull.reviewers = [...new Set([...issue.pull.reviewers, ...asked])];
    return { status: 201, body: showPullBriefly(call, repository, issue) };
  },
};
