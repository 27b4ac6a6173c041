import { describe, expect, it } from "vitest";
import { readConfig } from "../src/config.ts";

describe("the settings", () => {
  it("have defaults, also for what is left empty", () => {
    expect(readConfig({ PORT: "", OPENAI_API_KEY: "" })).toEqual(readConfig({}));
    expect(readConfig({})).not.toHaveProperty("openai");
  });

  it("take a key as OpenAI's, and a URL as a server that may need none", () => {
    expect(readConfig({ OPENAI_API_KEY: "secret" }).openai).toMatchObject({
      apiKey: "secret",
      baseURL: "https://api.openai.com/v1",
    });
    expect(
      readConfig({ OPENAI_BASE_URL: "http://localhost:11434/v1", CHAT_MODEL: "qwen3" }).openai,
    ).toEqual({ apiKey: "none", baseURL: "http://localhost:11434/v1", model: "qwen3" });
  });

  it.each([
    ["PORT", "http"],
    ["PORT", "70000"],
    ["OPENAI_BASE_URL", "localhost:11434"],
  ])("name what is wrong: %s=%s", (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(name);
  });
});
