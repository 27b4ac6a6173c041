import {
  type Answer,
  type Call,
  created,
  type Handlers,
  invalid,
  mayIn,
  notFound,
  nothing,
  ok,
  page,
  repositoryOf,
  text,
  viewerOf,
  writableRepository,
} from './exchange.ts';
import { resolveCommit } from './git-objects.ts';
import { nodeId, repositoryPage, repositoryUrl, type Shown, showAccount } from './present.ts';
import { encodePath } from './present-git.ts';
import type { Release, Repository } from './state.ts';

function showRelease(call: Call, repository: Repository, release: Release): Shown {
  const { id, tag, target, author, draft } = release;
  const root = repositoryUrl(call, repository);
  const site = repositoryPage(call, repository);
  return {
    id,
    node_id: nodeId('Release', id),
    url: `${root}/releases/${id}`,
    html_url: `${site}/releases/tag/${encodePath(draft ? `untagged-${id}` : tag)}`,
    assets_url: `${root}/releases/${id}/assets`,
    upload_url: `${root}/releases/${id}/assets{?name,label}`,
    tarball_url: draft ? null : `${root}/tarball/${encodePath(tag)}`,
    zipball_url: draft ? null : `${root}/zipball/${encodePath(tag)}`,
    tag_name: tag,
    target_commitish: target,
    name: release.name,
    body: release.body ?? '',
    draft,
    prerelease: release.prerelease,
    created_at: release.createdAt,
    published_at: release.publishedAt,
    author: showAccount(call, author),
    assets: [],
  };
}

/** The releases that the viewer may see: drafts only with the right to push. */
function visible(call: Call, repository: Repository): Release[] {
  const mine = mayIn(call, repository, 'push');
  return repository.releases.filter(({ draft }) => mine || !draft).reverse();
}

function releaseOf(call: Call, repository: Repository): Release {
  const release = visible(call, repository).find(({ id }) => id === Number(call.path.release_id));
  if (!release) throw notFound();
  return release;
}

/** Puts the tag of a published release there, if it is new. */
function tagRelease({ git }: Repository, { tag, target }: { tag: string; target: string }): void {
  const ref = `refs/tags/${tag}`;
  if (git.refs.has(ref)) return;
  const sha = resolveCommit(git, target);
  if (sha === undefined) throw invalid({ resource: 'Release', code: 'invalid', field: 'target_commitish' });
  git.refs.set(ref, sha);
}

function create(call: Call): Answer {
  const repository = writableRepository(call, 'push');
  const { state, body } = call;
  const tag = String(body.tag_name);
  const draft = body.draft === true;
  const target = text(body, 'target_commitish') ?? repository.defaultBranch;
  if (!draft && repository.releases.some((one) => one.tag === tag && !one.draft)) {
    throw invalid({ resource: 'Release', code: 'already_exists', field: 'tag_name' });
  }
  if (!draft) tagRelease(repository, { tag, target });
  const now = state.now();
  const release: Release = {
    id: state.nextId(),
    author: viewerOf(call),
    tag,
    target,
    name: text(body, 'name') ?? tag,
    body: text(body, 'body') ?? null,
    draft,
    prerelease: body.prerelease === true,
    createdAt: now,
    publishedAt: draft ? null : now,
  };
  repository.releases.push(release);
  const shown = showRelease(call, repository, release);
  return created(shown, shown.url);
}

function update(call: Call): Answer {
  const repository = writableRepository(call, 'push');
  const { body, state } = call;
  const release = releaseOf(call, repository);
  release.name = text(body, 'name') ?? release.name;
  release.body = text(body, 'body') ?? release.body;
  release.tag = text(body, 'tag_name') ?? release.tag;
  release.target = text(body, 'target_commitish') ?? release.target;
  if (typeof body.prerelease === 'boolean') release.prerelease = body.prerelease;
  if (body.draft === false && release.draft) {
    tagRelease(repository, release);
    Object.assign(release, { draft: false, publishedAt: state.now() });
  }
  return ok(showRelease(call, repository, release));
}

/** Releases and the tags that come with them. */
export const releaseHandlers: Handlers = {
  'repos/list-releases': (call) => {
    const repository = repositoryOf(call);
    return page(call, visible(call, repository), (list) =>
      list.map((one) => showRelease(call, repository, one)),
    );
  },
  'repos/get-release': (call) => {
    const repository = repositoryOf(call);
    return ok(showRelease(call, repository, releaseOf(call, repository)));
  },
  'repos/get-latest-release': (call) => {
    const repository = repositoryOf(call);
    const latest = visible(call, repository).find(({ draft, prerelease }) => !draft && !prerelease);
    if (!latest) throw notFound();
    return ok(showRelease(call, repository, latest));
  },
  'repos/get-release-by-tag': (call) => {
    const repository = repositoryOf(call);
    const found = repository.releases.find(({ tag, draft }) => tag === call.path.tag && !draft);
    if (!found) throw notFound();
    return ok(showRelease(call, repository, found));
  },
  'repos/create-release': create,
  'repos/update-release': update,
  'repos/delete-release': (call) => {
    const repository = writableRepository(call, 'push');
    const release = releaseOf(call, repository);
    repository.releases = repository.releases.filter((one) => one !== release);
    return nothing();
  },
};
