import type { GitHubRequest } from './github-request.ts';
import type { Bilingual } from './language.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';

/** How to say which repository is to be searched. */
export const ABOUT_REPOSITORY: Bilingual = {
  en: 'search the code of the repository ana/shop for "total"',
  es: 'busca "total" en el código del repositorio ana/tienda',
};

const REMEDIES: Readonly<Record<string, Bilingual>> = {
  github_not_configured: {
    en: 'Set GITHUB_TOKEN to a token of your GitHub account and start me again.',
    es: 'Pon en GITHUB_TOKEN un token de tu cuenta de GitHub y arráncame de nuevo.',
  },
  github_unauthorized: {
    en: 'Set GITHUB_TOKEN to a token that GitHub takes.',
    es: 'Pon en GITHUB_TOKEN un token que GitHub acepte.',
  },
  ambiguous_repository: {
    en: 'Say it again with the owner in front of the name, such as ana/shop.',
    es: 'Dilo otra vez con el dueño delante del nombre, como ana/tienda.',
  },
  github_not_found: {
    en: 'To see the repositories that there are, say: list my repositories',
    es: 'Para ver los repositorios que hay, di: lista mis repositorios',
  },
};

/** What to say when GitHub cannot be asked or does not know what is meant. */
export function remediesOf(
  more: Readonly<Record<string, Bilingual>> = {},
): Readonly<Record<string, Bilingual>> {
  return { ...REMEDIES, ...more };
}

/** One call in the repository that was named, or the doubt which one it is. */
export function inRepository(
  captured: Captured,
  { example }: Pick<Skill, 'example'>,
  toArguments: (github: GitHubRequest) => Arguments | Doubt,
): Arguments[] | Doubt {
  const { github = {} } = captured;
  const { repository } = github;
  if (repository === undefined) return { reason: 'which_repository', subject: '', suggestion: example };
  const given = toArguments(github);
  return isDoubt(given) ? given : [{ repository, ...given }];
}

/** One call for each number. */
export function forEachNumber(
  captured: Captured,
  skill: Pick<Skill, 'example'>,
  toArguments: (github: GitHubRequest) => Arguments | Doubt,
): Arguments[] | Doubt {
  const calls = inRepository(captured, skill, toArguments);
  if (!Array.isArray(calls)) return calls;
  const numbers = captured.github?.numbers ?? [];
  return numbers.flatMap((number) =>
    calls.map(({ repository, ...rest }) => ({ repository, number, ...rest })),
  );
}

/** The first of these that was marked. */
export function wanting({ marks }: Captured, choices: readonly string[]): string | undefined {
  return choices.find((choice) => marks.includes(choice));
}

function isDoubt(given: Arguments | Doubt): given is Doubt {
  return 'reason' in given && 'subject' in given;
}
