import closeWithGrace from "close-with-grace";
import { buildApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { createTaskStore } from "./tasks/task-store.ts";

const config = readConfig(process.env);
const app = await buildApp({ tasks: createTaskStore(), logLevel: config.LOG_LEVEL });

// On SIGTERM, SIGINT or a fault that nobody caught: take no new requests, answer those in flight, end.
closeWithGrace({ delay: 10_000 }, async ({ err }) => {
  if (err) app.log.error(err);
  await app.close();
});

await app.listen({ host: config.HOST, port: config.PORT });
