import { GITHUB } from './cases/github.ts';
import { tryCases } from './try-cases.ts';

tryCases(GITHUB);
