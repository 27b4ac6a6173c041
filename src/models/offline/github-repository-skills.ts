import { BORRA, CREA, verbsInAr } from './file-words.ts';
import { remediesOf } from './github-skill.ts';
import { GITHUB_AGENT } from './github-words.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';

const REPO = 'repository|repo';
const REPOSITORIO = 'repositorio|repo';
const KIND = 'new|empty|blank? private@private? public@public? new? github|remote|git?';
const CLASE = 'nuevo|vacio? private@privado? public@publico? de_github|en_github|remoto|de_git?';
const SAID = '{github:newname|visibility|description}';

const createRepository: Skill = {
  agent: GITHUB_AGENT,
  tool: 'create_repository',
  destructive: false,
  phrases: {
    en: [
      `create|make|set_up|start|add|init|initialize|new me|us|for_me? a|an|another? ${KIND} ${REPO} ${SAID}`,
      `create|set_up the ${KIND} ${REPO} ${SAID}`,
    ],
    es: [
      `${CREA}|nuevo me? un|otro? ${CLASE} ${REPOSITORIO} ${CLASE} ${SAID}`,
      `${verbsInAr('cre')} me? el ${CLASE} ${REPOSITORIO} ${CLASE} ${SAID}`,
    ],
  },
  toCalls: toCreation,
  example: {
    en: 'create a private repository called shop',
    es: 'crea un repositorio privado llamado tienda',
  },
  done: { en: 'The repository is created:', es: 'El repositorio está creado:' },
  failed: { en: 'I could not create the repository {name}:', es: 'No pude crear el repositorio {name}:' },
  remedies: remediesOf({
    github_refused: {
      en: 'Say it again with another name.',
      es: 'Dilo otra vez con otro nombre.',
    },
  }),
};

const deleteRepository: Skill = {
  agent: GITHUB_AGENT,
  tool: 'delete_repository',
  destructive: true,
  phrases: {
    en: [
      'delete|remove|erase|destroy {repository:noun} {github}',
      'delete|remove|erase|destroy {repository:sure} {github:github!}',
      'get rid of {repository:noun} {github}',
    ],
    es: [`${BORRA} {repository:noun} {github}`, `${BORRA} {repository:sure} {github:github!}`],
  },
  toCalls: toDeletion,
  example: { en: 'delete the repository ana/shop', es: 'borra el repositorio ana/tienda' },
  done: { en: 'The repository {repository}:', es: 'El repositorio {repository}:' },
  failed: { en: 'I could not delete {repository}:', es: 'No pude borrar {repository}:' },
  remedies: remediesOf(),
};

/** What creates and deletes repositories. */
export const OWNING_SKILLS: readonly Skill[] = [deleteRepository, createRepository];

function toCreation({ github = {}, marks }: Captured): Arguments[] | Doubt {
  const { name, description, private: said } = github;
  if (name === undefined) return { reason: 'which_name', subject: '', suggestion: createRepository.example };
  const hidden = said ?? (marks.includes('private') ? true : marks.includes('public') ? false : undefined);
  return [
    {
      name,
      ...(hidden === undefined ? {} : { visibility: hidden ? 'private' : 'public' }),
      ...(description === undefined ? {} : { description }),
    },
  ];
}

/** What is to be lost for good has to be said by its name: "the old api repo" may be more than one. */
function toDeletion({ github = {} }: Captured): Arguments[] | Doubt {
  const { repository } = github;
  return repository === undefined || /\s/.test(repository)
    ? { reason: 'which_repository', subject: '', suggestion: deleteRepository.example }
    : [{ repository }];
}
