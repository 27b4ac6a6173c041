/** How much is looked at when a project is verified, and how long each program may take. */
export const VERIFIED_LIMITS = { bytes: 20 * 1024 * 1024, programMs: 60_000 } as const;
