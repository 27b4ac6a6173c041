import { FILES } from './cases/files.ts';
import { tryCases } from './try-cases.ts';

tryCases(FILES);
