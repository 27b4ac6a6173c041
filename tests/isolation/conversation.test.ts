import { CONVERSATION } from './cases/conversation.ts';
import { tryCases } from './try-cases.ts';

tryCases(CONVERSATION);
