import { DOCUMENT_SKILLS, LATER_DOCUMENT_SKILLS } from './document-skills.ts';
import { FILE_SKILLS } from './file-skills.ts';
import { GITHUB_SKILLS } from './github-skills.ts';
import { EARLY_PROJECT_SKILLS, PROJECT_SKILLS } from './project-skills.ts';
import type { Skill } from './skill.ts';

/** Everything that the offline model can have done, in the order in which phrases are tried. A new skill is added here. */
export const SKILLS: readonly Skill[] = [
  ...GITHUB_SKILLS,
  ...DOCUMENT_SKILLS,
  ...EARLY_PROJECT_SKILLS,
  ...FILE_SKILLS,
  ...LATER_DOCUMENT_SKILLS,
  ...PROJECT_SKILLS,
];
