import { ADMINISTRATION } from './cases/administration.ts';
import { tryCases } from './try-cases.ts';

tryCases(ADMINISTRATION);
