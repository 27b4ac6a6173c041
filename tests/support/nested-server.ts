import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase } from '../../src/db/database.ts';
import { makeLogger } from '../../src/logging/logger.ts';
import { createServices } from '../../src/services.ts';

// A server with one agent more, whose own team is file-admin, so that tools are three graphs deep: supervisor, foreman, file-admin.
const config = readConfig(process.env);
const logger = makeLogger(config.logLevel);
const database = await openDatabase(config.database, () => undefined);
const foreman = {
  name: 'foreman',
  description: 'has others do what is to be done.',
  instructions: 'You are foreman.',
  tools: [],
  team: ['file-admin'],
};
const services = await createServices(config, { database, moreAgents: [foreman], log: logger });
const app = await buildApp(services, { logger, streamHeartbeatMs: config.streamHeartbeatMs });
console.log(`ready at ${await app.listen({ host: '127.0.0.1', port: 0 })}\n`);
