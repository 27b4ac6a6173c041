import { CHANGING_SKILLS } from './file-changing-skills.ts';
import { HISTORY_SKILLS } from './file-history-skills.ts';
import { MOVING_SKILLS } from './file-moving-skills.ts';
import { PACKING_SKILLS } from './file-packing-skills.ts';
import { READING_SKILLS } from './file-reading-skills.ts';
import { SEARCHING_SKILLS } from './file-searching-skills.ts';
import type { Skill } from './skill.ts';

/** What can be said to file-admin. */
export const FILE_SKILLS: readonly Skill[] = [
  ...READING_SKILLS,
  ...SEARCHING_SKILLS,
  ...MOVING_SKILLS,
  ...CHANGING_SKILLS,
  ...PACKING_SKILLS,
  ...HISTORY_SKILLS,
];
