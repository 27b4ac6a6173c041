import { CHANGING_GITHUB_SKILLS } from './github-changing-skills.ts';
import { ISSUE_SKILLS } from './github-issue-skills.ts';
import { PUBLISHING_SKILLS } from './github-publishing-skills.ts';
import { GITHUB_READING_SKILLS, REPOSITORY_SKILLS } from './github-reading-skills.ts';
import { OWNING_SKILLS } from './github-repository-skills.ts';
import type { Skill } from './skill.ts';

/** What can be said behind "in ana/shop, …". */
const PLACED: readonly Skill[] = [...ISSUE_SKILLS, ...CHANGING_GITHUB_SKILLS].map(withPlaceInFront);

/** What can be said to github-admin, what names one thing before what names many. */
export const GITHUB_SKILLS: readonly Skill[] = [
  ...PUBLISHING_SKILLS,
  ...PLACED,
  ...OWNING_SKILLS,
  ...GITHUB_READING_SKILLS,
  ...REPOSITORY_SKILLS,
];

/** Each phrase also with the repository said first: "in the shop repo, close issue 3". */
function withPlaceInFront(skill: Skill): Skill {
  const { en, es } = skill.phrases;
  return {
    ...skill,
    phrases: {
      en: [...en, ...en.map((phrase) => `in|on|for {repository:sure} ${withoutNeed(phrase)}`)],
      es: [...es, ...es.map((phrase) => `en {repository:sure} ${withoutNeed(phrase)}`)],
    },
  };
}

/** The repository was said. */
function withoutNeed(phrase: string): string {
  return phrase.replaceAll(/(repository|surely|numbered)!/g, '$1');
}
