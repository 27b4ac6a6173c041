import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildApp } from "../src/app.ts";
import { createTaskStore, type TaskStore } from "../src/tasks/task-store.ts";

const UNKNOWN = "/tasks/2f1f3f7e-7a39-4c4e-9d0e-7a1f4b6c8d90";

let tasks: TaskStore;
let app: Awaited<ReturnType<typeof buildApp>>;

beforeEach(async () => {
  tasks = createTaskStore();
  app = await buildApp({ tasks, logLevel: "silent" });
});

afterEach(() => app.close());

describe("tasks", () => {
  it("are added, and found at the address that the answer names", async () => {
    const added = await app.inject({
      method: "POST",
      url: "/tasks",
      body: { title: " Buy milk " },
    });
    expect(added.statusCode).toBe(201);
    expect(added.json()).toMatchObject({ title: "Buy milk", done: false });

    const found = await app.inject({ url: String(added.headers.location) });
    expect(found.statusCode).toBe(200);
    expect(found.json()).toEqual(added.json());
  });

  it("are listed oldest first, all or by whether they are done", async () => {
    const first = await tasks.add({ title: "first" });
    const second = await tasks.change((await tasks.add({ title: "second" })).id, { done: true });

    expect((await app.inject({ url: "/tasks" })).json()).toEqual([first, second]);
    expect((await app.inject({ url: "/tasks?done=true" })).json()).toEqual([second]);
    expect((await app.inject({ url: "/tasks?done=false" })).json()).toEqual([first]);
  });

  it("are changed in the parts that are given", async () => {
    const task = await tasks.add({ title: "Buy milk" });
    const url = `/tasks/${task.id}`;
    const changed = await app.inject({ method: "PATCH", url, body: { done: true } });
    expect(changed.json()).toEqual({ ...task, done: true });
    expect(await tasks.get(task.id)).toEqual({ ...task, done: true });
  });

  it("are removed", async () => {
    const url = `/tasks/${(await tasks.add({ title: "Buy milk" })).id}`;
    const removed = await app.inject({ method: "DELETE", url });
    expect(removed.statusCode).toBe(204);
    expect(removed.body).toBe("");
    expect(await tasks.list()).toEqual([]);
  });

  it.each([
    {},
    { title: "   " },
    { title: 7 },
    { title: "x".repeat(201) },
    { title: "a", colour: "red" },
  ])("are refused with a reason: %j", async (body) => {
    const refused = await app.inject({ method: "POST", url: "/tasks", body });
    expect(refused.statusCode).toBe(400);
    expect(refused.json().error).toMatchObject({ code: "invalid_request" });
    expect(await tasks.list()).toEqual([]);
  });

  it.each(["GET", "PATCH", "DELETE"] as const)("%s says when there is none", async (method) => {
    const missing = await app.inject({
      method,
      url: UNKNOWN,
      ...(method === "PATCH" && { body: { done: true } }),
    });
    expect(missing.statusCode).toBe(404);
    expect(missing.json().error.code).toBe("not_found");
  });
});
