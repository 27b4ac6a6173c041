import { once } from "node:events";
import { afterEach, describe, expect, it, vi } from "vitest";
import { buildApp } from "../src/app.ts";
import { openDatabase } from "../src/db/database.ts";
import { ModelError } from "../src/errors.ts";
import type { Model } from "../src/models/model.ts";
import { offlineModel } from "../src/models/offline-model.ts";
import { scriptedModel, use } from "./scripted-model.ts";

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** The whole server, over a database of its own and the model that is given. */
async function start(model: Model) {
  const database = openDatabase(":memory:");
  const app = await buildApp({ database, model, now: () => new Date("2026-02-01T12:00:00Z") });
  closers.push(() => app.close());
  return {
    app,
    ask: (query: string, session?: string) =>
      app.inject({ method: "POST", url: "/ask", body: { query, session } }),
    history: async (search = "") => {
      const { messages } = (await app.inject({ url: `/history${search}` })).json();
      return messages.map(({ content }: { content: string }) => content);
    },
  };
}

describe("the orchestrator", () => {
  it("answers by itself, and keeps both sides of the conversation", async () => {
    const { ask, history } = await start(scriptedModel(["Hello!"]).model);
    const response = await ask("Hi");
    expect(response.statusCode).toBe(200);
    expect(response.json()).toEqual({ answer: "Hello!", agents: [] });
    expect(await history()).toEqual(["Hi", "Hello!"]);
  });

  it("hands work to an agent, which uses its own tools, and answers with what came of it", async () => {
    const { model, requests } = scriptedModel([
      use("notes", { task: "Write down: buy milk" }),
      use("add_note", { text: "buy milk" }),
      "I wrote it down as number 1.",
      "Done, it is your note 1.",
    ]);
    const { ask } = await start(model);
    const response = await ask("Don't let me forget the milk");
    expect(response.json()).toEqual({ answer: "Done, it is your note 1.", agents: ["notes"] });

    const [first, delegated, afterTool, afterAgent] = requests;
    expect(first?.tools.map(({ name }) => name)).toEqual(["notes", "clock"]);
    expect(delegated?.messages.at(-1)?.content).toBe("Write down: buy milk");
    expect(afterTool?.messages.at(-1)?.content).toBe("Noted as number 1: buy milk");
    expect(afterAgent?.messages.at(-1)?.content).toBe("I wrote it down as number 1.");
  });

  it("shows the model what was said before in the same session, and nothing of another", async () => {
    const { model, requests } = scriptedModel(["Nice to meet you.", "Hello.", "You are Ana."]);
    const { ask, history } = await start(model);
    await ask("I am Ana", "one");
    await ask("Hello", "two");
    await ask("Who am I?", "one");

    const said = requests[2]?.messages.slice(1).map(({ content }) => content);
    expect(said).toEqual(["I am Ana", "Nice to meet you.", "Who am I?"]);
    expect(await history("?session=two")).toEqual(["Hello", "Hello."]);
    expect(await history("?session=one&limit=1")).toEqual(["You are Ana."]);
  });

  it.each([
    ["an unknown tool", use("weather", {}), "There is no tool weather."],
    ["a wrong input", use("clock", { task: 7 }), "The input is wrong."],
    ["what is no JSON", { name: "clock", input: "{task:" }, "The input is wrong."],
  ])("tells the model when it asks for %s", async (_, step, complaint) => {
    const { model, requests } = scriptedModel([step, "I could not do it."]);
    const { ask } = await start(model);
    expect((await ask("Hi")).json()).toEqual({ answer: "I could not do it.", agents: [] });
    expect(requests[1]?.messages.at(-1)?.content).toContain(complaint);
  });

  it.each([
    ["fails", [new ModelError("The model failed: no route")]],
    ["says nothing", [" "]],
    ["never comes to an end", Array.from({ length: 20 }, () => use("weather", {}))],
  ])("keeps the question and answers 502 when the model %s", async (_, script) => {
    const { ask, history } = await start(scriptedModel(script).model);
    const response = await ask("Hi");
    expect(response.statusCode).toBe(502);
    expect(response.json().error.code).toBe("model_failed");
    expect(await history()).toEqual(["Hi"]);
  });
});

describe("the clock", () => {
  it("knows time zones, and refuses one that does not exist", async () => {
    const { model, requests } = scriptedModel([
      use("clock", { task: "the time in Tokyo" }),
      use("current_time", { timeZone: "Asia/Atlantis" }),
      use("current_time", { timeZone: "Asia/Tokyo" }),
      "21:00",
      "It is 21:00 in Tokyo.",
    ]);
    const { ask } = await start(model);
    await ask("What time is it in Tokyo?");
    expect(requests[2]?.messages.at(-1)?.content).toContain("There is no such time zone.");
    expect(requests[3]?.messages.at(-1)?.content).toMatch(/1 February 2026.*21:00:00/);
  });
});

describe("with the offline model", () => {
  it("notes can be kept and asked for, in English and in Spanish", async () => {
    const { ask } = await start(offlineModel());
    const noted = (await ask("Remember that Luna eats at nine")).json();
    expect(noted).toEqual({ answer: "Noted as number 1: Luna eats at nine", agents: ["notes"] });
    await ask("Apunta: comprar pan");
    expect((await ask("What are my notes?")).json().answer).toBe(
      "1. Luna eats at nine\n2. comprar pan",
    );
  });

  it("the time can be asked for", async () => {
    const { ask } = await start(offlineModel());
    const { answer, agents } = (await ask("¿Qué hora es?")).json();
    expect(answer).toContain("February 2026");
    expect(agents).toEqual(["clock"]);
  });

  it("anything else is answered with what it can do", async () => {
    const { ask } = await start(offlineModel());
    expect((await ask("Write a poem")).json()).toMatchObject({
      answer: expect.stringContaining("offline model"),
      agents: [],
    });
  });
});

describe("the server", () => {
  it("says that it is well, and which model answers", async () => {
    const { app } = await start(offlineModel());
    expect((await app.inject({ url: "/health" })).json()).toEqual({
      status: "ok",
      model: "offline",
    });
  });

  it.each([{}, { query: "  " }, { query: 7 }, { query: "Hi", colour: "red" }])(
    "refuses %j with a reason, and keeps nothing of it",
    async (body) => {
      const { app, history } = await start(offlineModel());
      const response = await app.inject({ method: "POST", url: "/ask", body });
      expect(response.statusCode).toBe(400);
      expect(response.json().error.code).toBe("invalid_request");
      expect(await history()).toEqual([]);
    },
  );

  it("answers over a real connection, and stops the model when the person goes away", async () => {
    const signals: AbortSignal[] = [];
    const slow: Model = {
      name: "slow",
      async reply({ messages, signal }) {
        signals.push(signal);
        if (messages.at(-1)?.content === "Wait") await once(signal, "abort");
        return { content: `Aborted: ${signal.aborted}`, toolCalls: [] };
      },
    };
    const { app } = await start(slow);
    const address = await app.listen({ port: 0, host: "127.0.0.1" });
    const post = (query: string, signal?: AbortSignal) =>
      fetch(`${address}/ask`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ query }),
        signal: signal ?? null,
      });

    expect(await (await post("Hi")).json()).toMatchObject({ answer: "Aborted: false" });

    const leaving = new AbortController();
    const question = post("Wait", leaving.signal);
    await vi.waitFor(() => expect(signals).toHaveLength(2));
    leaving.abort();
    await expect(question).rejects.toThrow();
    await vi.waitFor(() => expect(signals[1]?.aborted).toBe(true));
    // The connections that fetch keeps open would hold up the end of the test.
    app.server.closeAllConnections();
  });

  it("keeps the details of its own faults to itself", async () => {
    const { ask } = await start(scriptedModel([new Error("the password is swordfish")]).model);
    const response = await ask("Hi");
    expect(response.statusCode).toBe(500);
    expect(response.body).not.toContain("swordfish");
  });
});
