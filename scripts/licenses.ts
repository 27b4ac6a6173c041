import { writeFile } from 'node:fs/promises';
import { currentLicensePage } from './dependency-licenses.ts';

// npm run licenses: lists what comes with the program, and under which licences, in docs/licenses.md.
await writeFile('docs/licenses.md', await currentLicensePage());
