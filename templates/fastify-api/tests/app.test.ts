import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { buildApp } from "../src/app.ts";
import { readConfig } from "../src/config.ts";
import { createTaskStore } from "../src/tasks/task-store.ts";

describe("the server", () => {
  const tasks = {
    ...createTaskStore(),
    list: () => Promise.reject(new Error("the password is swordfish")),
  };
  let app: Awaited<ReturnType<typeof buildApp>>;

  beforeEach(async () => {
    app = await buildApp({ tasks, logLevel: "silent" });
  });

  afterEach(() => app.close());

  it("says that it is well", async () => {
    const health = await app.inject({ url: "/health" });
    expect(health.statusCode).toBe(200);
    expect(health.json()).toEqual({ status: "ok" });
  });

  it("describes its routes", async () => {
    const { paths } = (await app.inject({ url: "/openapi.json" })).json();
    expect(Object.keys(paths).sort()).toEqual(["/health", "/tasks", "/tasks/{id}"]);
  });

  it("answers in one form where there is no route, and to a body that is no JSON", async () => {
    const nowhere = await app.inject({ url: "/nowhere" });
    expect(nowhere.statusCode).toBe(404);
    expect(nowhere.json().error.code).toBe("not_found");

    const headers = { "content-type": "application/json" };
    const broken = await app.inject({ method: "POST", url: "/tasks", headers, body: "{" });
    expect(broken.statusCode).toBe(400);
    expect(broken.json().error.code).toBe("bad_request");
  });

  it("keeps the details of its own faults to itself", async () => {
    const failed = await app.inject({ url: "/tasks" });
    expect(failed.statusCode).toBe(500);
    expect(failed.json().error.code).toBe("internal");
    expect(failed.body).not.toContain("swordfish");
  });
});

describe("the settings", () => {
  it("have defaults, also for what is left empty", () => {
    expect(readConfig({ PORT: "" })).toEqual(readConfig({}));
    expect(readConfig({}).HOST).toBe("127.0.0.1");
  });

  it("come from the environment", () => {
    expect(readConfig({ PORT: "8081", LOG_LEVEL: "warn", PATH: "/bin" })).toEqual({
      HOST: "127.0.0.1",
      PORT: 8081,
      LOG_LEVEL: "warn",
    });
  });

  it.each(["http", "70000", "80.5"])("name what is wrong: PORT=%s", (port) => {
    expect(() => readConfig({ PORT: port })).toThrow("PORT");
  });
});
