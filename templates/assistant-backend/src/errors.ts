import { z } from "zod";

/** What every failed request is answered with. */
export const ErrorAnswer = z.object({
  error: z.object({ code: z.string(), message: z.string() }),
});

/** The model could not be reached, or did not answer as it should. */
export class ModelError extends Error {}
