import { remediesOf } from './github-skill.ts';
import { GITHUB_AGENT } from './github-words.ts';
import type { Language } from './language.ts';
import type { Captured } from './phrase.ts';
import type { Arguments, Doubt, Skill } from './skill.ts';
import { sayable } from './slots.ts';

export const PUBLISH_TOOL = 'publish_project';
const PUBLICA =
  'publica|publique|publicar|publiques|publicame|sube|suba|subir|subas|subeme|pon|poner|ponga|pongas';
const PUBLICALO =
  'publicalo|publicala|publiquelo|publiquela|publicarlo|publicarla|publicalos|subelo|subela|subalo|subala|subirlo|subirla|subelos|ponlo|ponla|ponerlo|ponerla';
const WHERE = '{github:github!|visibility|renamed}';

const publishProject: Skill = {
  agent: GITHUB_AGENT,
  tool: PUBLISH_TOOL,
  destructive: false,
  phrases: {
    en: [
      `publish|push|upload|put|release it|this|that|them|everything ${WHERE}`,
      `publish|push|upload|put|release {published} ${WHERE}`,
    ],
    es: [`${PUBLICALO} ${WHERE}`, `${PUBLICA} eso|todo|esto ${WHERE}`, `${PUBLICA} {published} ${WHERE}`],
  },
  toCalls: toPublication,
  example: { en: 'publish the project shop on GitHub', es: 'publica el proyecto tienda en GitHub' },
  done: { en: 'Published:', es: 'Publicado:' },
  failed: { en: 'I could not publish it:', es: 'No pude publicarlo:' },
  remedies: remediesOf({
    file_not_found: {
      en: 'Say the folder of the project, such as: publish apps/shop on GitHub',
      es: 'Di la carpeta del proyecto, por ejemplo: publica apps/tienda en GitHub',
    },
    github_refused: {
      en: 'Say it again with another name for the repository: publish … on GitHub as …',
      es: 'Dilo otra vez con otro nombre para el repositorio: publica … en GitHub como …',
    },
  }),
};

/** What puts a project of the workspace on GitHub. */
export const PUBLISHING_SKILLS: readonly Skill[] = [publishProject];

/** How to tell somebody who heard nothing of it to publish a project. */
export function sayPublishing(
  { path, name, private: hidden }: { path: string; name?: string | undefined; private?: boolean | undefined },
  language: Language,
): string {
  const isSpanish = language === 'es';
  const shown = /^[\w-]+$/.test(path) ? path : sayable(path);
  const parts = [
    isSpanish ? `publica el proyecto ${shown} en GitHub` : `publish the project ${shown} on GitHub`,
  ];
  if (hidden !== undefined && isSpanish) parts.push(`como repositorio ${hidden ? 'privado' : 'público'}`);
  if (hidden !== undefined && !isSpanish) parts.push(`as a ${hidden ? 'private' : 'public'} repository`);
  if (name !== undefined) parts.push(isSpanish ? `llamado "${name}"` : `called "${name}"`);
  return parts.join(' ');
}

function toPublication({ github = {} }: Captured): Arguments[] | Doubt {
  const { path, name, private: hidden } = github;
  if (path === undefined) return { reason: 'incomplete', subject: '', suggestion: publishProject.example };
  return [
    {
      path,
      ...(name === undefined ? {} : { name }),
      ...(hidden === undefined ? {} : { private: hidden }),
    },
  ];
}
