import { z } from "zod";
import { type Agent, defineTool } from "./agent.ts";

/** Knows what a language model cannot know: what time it is. */
export function clockAgent(now: () => Date = () => new Date()): Agent {
  return {
    name: "clock",
    description: "Tells the date and the time, here or in another time zone.",
    instructions: "You tell the date and the time. Always ask your tool. Answer in one sentence.",
    tools: [
      defineTool({
        name: "current_time",
        description: "The current date and time.",
        input: z.object({
          timeZone: z
            .string()
            .refine(isTimeZone, "There is no such time zone.")
            .optional()
            .describe("An IANA time zone such as Europe/Madrid; left out for the server's own."),
        }),
        run: ({ timeZone }) =>
          now().toLocaleString("en-GB", { dateStyle: "full", timeStyle: "long", timeZone }),
      }),
    ],
  };
}

function isTimeZone(name: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
