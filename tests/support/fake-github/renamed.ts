import type { Answer } from './exchange.ts';
import { type Account, findRepository, permissionOf, type State, sameName } from './state.ts';

/** The answer to a request for a repository under an earlier name: where it is now, by its number. */
export function redirectOf(
  state: State,
  { path, url, api, record }: { path: string; url: URL; api: string; record: { method: string } },
  viewer: Account | undefined,
): Answer | undefined {
  const match = /^\/repos\/([^/]+)\/([^/]+)(\/.*)?$/.exec(path);
  if (!match) return undefined;
  const [, owner = '', name = '', rest = ''] = match;
  if (findRepository(state, owner, name)) return undefined;
  const repository = state.repositories.find(({ formerNames }) =>
    formerNames.some((former) => sameName(former, `${owner}/${name}`)),
  );
  if (!repository || permissionOf(repository, viewer) === undefined) return undefined;
  const location = `${api}/repositories/${repository.id}${rest}${url.search}`;
  const documentation_url =
    'https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects';
  // 301 lets a client turn a POST into a GET, so a change is sent on with 307.
  const [status, message] =
    record.method === 'GET' ? [301, 'Moved Permanently'] : [307, 'Temporary Redirect'];
  return { status, body: { message, url: location, documentation_url }, headers: { location } };
}

/** The path with owner and name in place of `/repositories/<number>`, which a redirect leads to. */
export function unredirected(state: State, path: string): string {
  const match = /^\/repositories\/(\d+)(\/.*)?$/.exec(path);
  const repository = match && state.repositories.find(({ id }) => id === Number(match[1]));
  return repository ? `/repos/${repository.owner.login}/${repository.name}${match[2] ?? ''}` : path;
}
