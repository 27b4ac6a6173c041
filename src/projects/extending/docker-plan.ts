/** A Dockerfile, or why there is none. */
export type DockerPlan =
  | { lines: string[]; port: number | null; others?: { path: string; content: string }[] }
  | { reason: string };
