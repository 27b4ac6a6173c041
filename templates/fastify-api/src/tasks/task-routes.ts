import type { FastifyPluginAsyncZod } from "fastify-type-provider-zod";
import { z } from "zod";
import { ErrorAnswer } from "../errors.ts";
import { NewTask, Task, TaskChange } from "./task.ts";
import type { TaskStore } from "./task-store.ts";

const ById = z.object({ id: z.uuid() });

export const taskRoutes: FastifyPluginAsyncZod<{ tasks: TaskStore }> = async (app, { tasks }) => {
  app.get(
    "",
    {
      schema: {
        querystring: z.object({ done: z.stringbool().optional() }),
        response: { 200: z.array(Task), "4xx": ErrorAnswer },
      },
    },
    ({ query }) => tasks.list(query),
  );

  app.post(
    "",
    { schema: { body: NewTask, response: { 201: Task, "4xx": ErrorAnswer } } },
    async ({ body }, reply) => {
      const task = await tasks.add(body);
      return reply.code(201).header("location", `${app.prefix}/${task.id}`).send(task);
    },
  );

  app.get(
    "/:id",
    { schema: { params: ById, response: { 200: Task, "4xx": ErrorAnswer } } },
    ({ params }) => tasks.get(params.id),
  );

  app.patch(
    "/:id",
    { schema: { params: ById, body: TaskChange, response: { 200: Task, "4xx": ErrorAnswer } } },
    ({ params, body }) => tasks.change(params.id, body),
  );

  app.delete(
    "/:id",
    { schema: { params: ById, response: { 204: z.null(), "4xx": ErrorAnswer } } },
    async ({ params }, reply) => {
      await tasks.remove(params.id);
      return reply.code(204).send(null);
    },
  );
};
