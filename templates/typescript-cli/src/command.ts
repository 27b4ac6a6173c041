import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { type Arguments, readArguments, UsageError } from "./arguments.ts";
import { type Counts, countText, sumCounts } from "./count.ts";

const EXIT = { done: 0, failed: 1, usage: 2 };

type Streams = Pick<NodeJS.Process, "stdin" | "stdout" | "stderr">;

interface Result extends Counts {
  name: string;
}

/** Runs the program and returns its exit code. */
export async function runCommand(args: string[], streams: Streams): Promise<number> {
  const about = readPackage();
  let parsed: Arguments;
  try {
    parsed = readArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.stderr.write(`${about.name}: ${error.message}\nTry: ${about.name} --help\n`);
    return EXIT.usage;
  }
  if (parsed.help) {
    streams.stdout.write(helpText(about));
    return EXIT.done;
  }
  if (parsed.version) {
    streams.stdout.write(`${about.version}\n`);
    return EXIT.done;
  }

  const results: Result[] = [];
  let exitCode = EXIT.done;
  for (const name of parsed.files.length > 0 ? parsed.files : ["-"]) {
    try {
      const content = name === "-" ? await text(streams.stdin) : await readFile(name, "utf8");
      results.push({ name, ...countText(content) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      streams.stderr.write(`${about.name}: ${reason}\n`);
      exitCode = EXIT.failed;
    }
  }
  streams.stdout.write(parsed.json ? `${JSON.stringify(results, null, 2)}\n` : table(results));
  return exitCode;
}

interface About {
  name: string;
  version: string;
  description: string;
}

function readPackage(): About {
  return JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
}

function helpText({ name, description }: About): string {
  return `${description}

Usage: ${name} [options] [file ...]

Prints the lines, words and characters of each file; of standard input
when there is no file, or where a file is called "-".

Options:
  -j, --json     print JSON
  -h, --help     print this help
  -v, --version  print the version

Exit codes: 0 done, 1 a file could not be read, 2 wrong usage
`;
}

function table(results: Result[]): string {
  const rows =
    results.length > 1 ? [...results, { name: "total", ...sumCounts(results) }] : results;
  return rows
    .map(({ lines, words, characters, name }) => {
      const columns = [lines, words, characters].map((count) => String(count).padStart(8));
      return `${columns.join("")}  ${name}\n`;
    })
    .join("");
}
