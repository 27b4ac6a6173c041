import closeWithGrace from "close-with-grace";
import { buildApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { openDatabase } from "./db/database.ts";
import { offlineModel } from "./models/offline-model.ts";
import { openaiModel } from "./models/openai-model.ts";

const config = readConfig(process.env);
const database = openDatabase(config.databaseFile);
const model = config.openai ? openaiModel(config.openai) : offlineModel();
const app = await buildApp({ database, model, logger: true });

// On SIGTERM, SIGINT or a fault that nobody caught: take no new requests, answer those in flight, end.
closeWithGrace({ delay: 10_000 }, async ({ err }) => {
  if (err) app.log.error(err);
  await app.close();
  database.close();
});

await app.listen({ host: config.host, port: config.port });
app.log.info(`The model is ${model.name}.`);
