import type { Model, ModelReply, ModelRequest, ToolCall } from "../src/models/model.ts";

type Step = string | Omit<ToolCall, "id"> | Error;

/** A model that answers from a script, keeps what it was asked, and fails where the script ends. */
export function scriptedModel(script: Step[]) {
  const requests: ModelRequest[] = [];
  const model: Model = {
    name: "scripted",
    async reply(request): Promise<ModelReply> {
      requests.push(request);
      const step = script[requests.length - 1];
      if (step === undefined) throw new Error(`The script has no step ${requests.length}.`);
      if (step instanceof Error) throw step;
      if (typeof step === "string") return { content: step, toolCalls: [] };
      return { content: "", toolCalls: [{ id: `call-${requests.length}`, ...step }] };
    },
  };
  return { model, requests };
}

/** A step in which the model asks for a tool. */
export function use(name: string, input: object) {
  return { name, input: JSON.stringify(input) };
}
