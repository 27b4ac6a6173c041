import swagger from "@fastify/swagger";
import Fastify from "fastify";
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from "fastify-type-provider-zod";
import { z } from "zod";
import about from "../package.json" with { type: "json" };
import { answerError, answerNotFound } from "./errors.ts";
import { taskRoutes } from "./tasks/task-routes.ts";
import type { TaskStore } from "./tasks/task-store.ts";

export interface AppOptions {
  tasks: TaskStore;
  logLevel: string;
}

/** Builds the server over what it is given, without listening yet: tests use it as it is. */
export async function buildApp({ tasks, logLevel }: AppOptions) {
  const app = Fastify({ logger: { level: logLevel } }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerNotFound);

  await app.register(swagger, {
    openapi: { info: { title: about.name, version: about.version } },
    transform: jsonSchemaTransform,
  });
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
  app.get(
    "/health",
    { schema: { response: { 200: z.object({ status: z.literal("ok") }) } } },
    async () => ({ status: "ok" as const }),
  );
  await app.register(taskRoutes, { prefix: "/tasks", tasks });
  return app;
}
