import type { DatabaseSync } from "node:sqlite";
import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Model } from "../models/model.ts";

export interface HealthRoutesOptions {
  database: DatabaseSync;
  model: Model;
}

export const healthRoutes: FastifyPluginAsyncZod<HealthRoutesOptions> = async (
  app,
  { database, model },
) => {
  app.get(
    "/health",
    { schema: { response: { 200: z.object({ status: z.literal("ok"), model: z.string() }) } } },
    async () => {
      database.prepare("SELECT 1").get();
      return { status: "ok" as const, model: model.name };
    },
  );
};
