import { z } from 'zod';
import type { FolderListing, SearchMatch } from '../workspace/explorer/explorer.ts';
import type { Workspaces } from '../workspace/workspace.ts';
import { counted } from './file-previews.ts';
import { type AgentTool, defineTool } from './tool.ts';

/** How much one answer of a tool may take of a model's context: characters of a file, entries, matches. */
const READ_CHARACTERS = 40_000;
const ENTRIES = 300;
const MATCHES = 60;

const path = z.string().min(1).describe('Path relative to the workspace, for example notes/todo.md');

/** The tools that look and change nothing. */
export function readingTools(workspaces: Workspaces): AgentTool[] {
  const listFiles = defineTool({
    name: 'list_files',
    description:
      'List a folder; with recursive as a tree; with pattern find files by name, for example **/*.md. What .gitignore leaves out is left out, unless all is true.',
    schema: z.object({
      path: z.string().optional().describe('The folder; left out: the whole workspace root'),
      recursive: z.boolean().optional().describe('Also what is in the folders below'),
      pattern: z.string().optional().describe('A glob relative to the folder, for example **/*.ts'),
      all: z.boolean().optional().describe('Also what .gitignore leaves out'),
    }),
    effect: 'read',
    run: async ({ path: folder, ...options }, { userId, signal }) => {
      const asked = { ...options, limit: ENTRIES, signal };
      return renderListing(await workspaces.for(userId).list(folder ?? '', asked), options);
    },
  });

  const readFile = defineTool({
    name: 'read_file',
    description:
      'Read a text file, or some of its lines. Long files come in parts; the answer says where to go on.',
    schema: z.object({
      path,
      start_line: z.number().int().min(1).optional().describe('The first line to read, from 1'),
      end_line: z.number().int().min(1).optional().describe('The last line to read'),
    }),
    effect: 'read',
    run: async ({ path: name, start_line, end_line }, { userId, signal, note }) => {
      const workspace = workspaces.for(userId);
      const range = { from: start_line, to: end_line, maximum: READ_CHARACTERS, signal };
      const lines = await workspace.readLines(name, range);
      if (lines.from === 1 && !lines.more) {
        const { path: file, text, etag } = await workspace.readText(name, { signal });
        note(file, etag);
        // Where it cannot be kept, on a disk that is full or read-only, only the difference cannot be shown later.
        await workspace.changes.keep(file, etag).catch(() => undefined);
        return text === '' ? `${file} is empty.` : text;
      }
      if (lines.text === '')
        return `${lines.path} has ${counted(lines.total_lines ?? 0, 'line')}; there is none from ${lines.from} on.`;
      if (lines.cut)
        return `${lines.path}, line ${lines.from}, of which only the beginning can be shown, because it is too long (find a place in it with search_text):\n${lines.text}`;
      const goOn = lines.more ? ` More follows: read on with start_line ${lines.to + 1}.` : '';
      return `${lines.path}, lines ${lines.from} to ${lines.to}.${goOn}\n${lines.text}`;
    },
  });

  return [listFiles, readFile, searchText(workspaces), compareFiles(workspaces)];
}

function searchText(workspaces: Workspaces): AgentTool {
  return defineTool({
    name: 'search_text',
    description:
      'Find the lines of files that hold a text (or match a regular expression, with regex: true), with their line numbers.',
    schema: z.object({
      query: z.string().min(1).describe('The text to find'),
      regex: z.boolean().optional().describe('query is a regular expression'),
      path: z.string().optional().describe('The folder or file to search; left out: everything'),
      pattern: z.string().optional().describe('Only files whose path matches this glob, for example **/*.md'),
      case_sensitive: z.boolean().optional(),
    }),
    effect: 'read',
    run: async ({ query, regex, path: place, ...options }, { userId, signal }) => {
      const wanted = regex === true ? { regex: query } : { text: query };
      const search = workspaces
        .for(userId)
        .search(place ?? '', { ...wanted, ...options, limit: MATCHES, signal });
      const lines: string[] = [];
      for await (const event of search) {
        if (event.type === 'match') lines.push(renderMatch(event.match));
        else lines.push(renderSummary(event.summary));
      }
      return lines.join('\n');
    },
  });
}

function compareFiles(workspaces: Workspaces): AgentTool {
  return defineTool({
    name: 'compare_files',
    description: 'Show the difference between two files.',
    schema: z.object({ from: path, to: path }),
    effect: 'read',
    run: async ({ from, to }, { userId, signal }) => {
      const { identical, comparison } = await workspaces.for(userId).compare(from, to, { signal });
      if (identical) return `${from} and ${to} hold the same.`;
      return comparison?.diff ?? `${from} and ${to} differ; at least one of them is no text.`;
    },
  });
}

function renderListing(
  { path: folder, entries, truncated }: FolderListing,
  { recursive, pattern }: { recursive?: boolean | undefined; pattern?: string | undefined },
): string {
  const name = folder === '' ? 'The workspace' : folder;
  if (entries.length === 0)
    return pattern === undefined ? `The folder ${name} is empty.` : `Nothing in ${name} matches ${pattern}.`;
  const base = folder === '' ? 0 : folder.split('/').length;
  const lines = entries.map((entry) => {
    const isTree = recursive === true && pattern === undefined;
    const shown = isTree ? entry.name : entry.path;
    const indent = isTree ? '  '.repeat(entry.path.split('/').length - base - 1) : '';
    return `${indent}${entry.type === 'folder' ? `${shown}/` : `${shown} (${entry.size} bytes)`}`;
  });
  if (truncated) lines.push('… and more; list a folder of these, or use a pattern');
  return `${name} holds:\n${lines.join('\n')}`;
}

function renderMatch({ path: file, line, text }: SearchMatch): string {
  return `${file}:${line}: ${text}`;
}

function renderSummary(summary: {
  matches: number;
  files_searched: number;
  truncated: 'limit' | 'time' | null;
}): string {
  const searched = `searched in ${counted(summary.files_searched, 'file')}`;
  if (summary.truncated === 'limit')
    return `… and more, ${searched}; narrow the search by path, pattern or text.`;
  if (summary.truncated === 'time')
    return `(The time for the search was over, ${searched}; narrow it by path or pattern.)`;
  return summary.matches === 0
    ? `Nothing found, ${searched}.`
    : `(${counted(summary.matches, 'line')} found, ${searched}.)`;
}
