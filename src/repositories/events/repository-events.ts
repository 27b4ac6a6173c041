import type { Payload } from './payload.ts';
import { inWords, named } from './quoting.ts';
import type { Teller, Told } from './told.ts';

function repository({ action, changes, repository: now }: Payload, who: string): Told {
  const at = now?.updated_at;
  if (action === 'renamed') {
    return {
      text: `the repository was renamed by ${who}; it was ${named(changes?.repository?.name?.from)}.`,
      at,
    };
  }
  if (action === 'transferred') {
    const { user, organization } = changes?.owner?.from ?? {};
    const former = named(user?.login ?? organization?.login);
    return { text: `the repository was transferred by ${who}; it was ${former}'s.`, at };
  }
  const deeds: Record<string, string> = { privatized: 'made private', publicized: 'made public' };
  return { text: `the repository was ${deeds[action ?? ''] ?? inWords(action)} by ${who}.`, at };
}

function star({ action, starred_at: at }: Payload, who: string): Told {
  return { text: action === 'deleted' ? `${who} took a star back.` : `${who} gave it a star.`, at };
}

function fork({ forkee }: Payload, who: string): Told {
  return { text: `${who} forked it to ${named(forkee?.full_name)}.`, at: forkee?.created_at };
}

export const repositoryEvents: Record<string, Teller> = {
  repository,
  star,
  fork,
  ping: () => null,
  // GitHub's old name for a star, sent beside it.
  watch: () => null,
};
