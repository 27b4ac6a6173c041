#!/usr/bin/env node
import { runCommand } from "./command.ts";

// Not process.exit(): what was written must reach its reader first.
process.exitCode = await runCommand(process.argv.slice(2), process);
