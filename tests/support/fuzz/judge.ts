import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { ERRORS, type ErrorCode } from '../../../src/errors.ts';
import { documented, type Operation, operationAt } from './operations.ts';
import type { Request } from './requests.ts';
import type { Answer } from './send.ts';

/** The failures on the server's side that a request may meet although nothing is wrong, each with its reason. */
const EXPECTED_FAILURES: Partial<Record<ErrorCode, string>> = {
  workspace_busy: 'many changes at once of one workspace wait for each other, and not for ever',
  queue_timeout: 'a session answers one question at a time, and a question does not wait for ever',
  github_failed: 'GitHub, here the fake one, may fail',
  github_timeout: 'GitHub may be slow',
  interrupted: 'a run was ended from outside',
};

/** What belongs to the inside of the server and into no answer. */
const INSIDES: [RegExp, string][] = [
  [/^\s*at .+:\d+:\d+\)?$/m, 'a stack trace'],
  [/node_modules|\bfile:\/\/\/|\bnode:internal/, 'a path of the program'],
  [
    /\b(?:TypeError|RangeError|SyntaxError|ReferenceError|ZodError|FST_ERR_\w+|E(?:NOENT|ACCES|PERM|INVAL|ISDIR|NAMETOOLONG))\b/,
    'an error of the program',
  ],
  [/\b(?:select|insert into|update|delete from)\b[^.]{1,200}\b(?:from|values|set|where)\b\s/i, 'SQL'],
  [
    /\b(?:relation|column|constraint) "|violates \w+[- ]\w+ constraint|invalid (?:input|byte) (?:syntax|sequence)|syntax error at or near/i,
    'a message of the database',
  ],
];

/** Builds the judge of answers; `secrets` are texts, such as host paths, that no answer holds. */
export function createJudge(operations: Operation[], secrets: string[]) {
  const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: false }));
  const compiled = new Map<object, ValidateFunction>();

  /** What is wrong with an answer, as a sentence; undefined if nothing is. */
  function judge({ method, target }: Request, { status, headers, text, left }: Answer): string | undefined {
    const type = headers['content-type'] ?? '';
    const secret = secrets.find((one) => text.includes(one) || JSON.stringify(headers).includes(one));
    if (secret !== undefined) return `the answer holds ${secret}`;
    if (method === 'HEAD') return status >= 500 ? `HEAD answered ${status}` : undefined;
    if (text !== '' && type === '') return 'the answer has no content-type';
    if (status >= 400) {
      const fault = problemFault({ status, type, text });
      if (fault !== undefined) return fault;
    }
    if (type.includes('text/event-stream')) return streamFault(text, left);
    const operation = operationAt(operations, method, target);
    return operation && misfit(operation, status, { type, text });
  }

  function misfit(operation: Operation, status: number, { type, text }: { type: string; text: string }) {
    const found = documented(operation, status);
    if (!found) return `the OpenAPI document does not name the status ${status}`;
    const schema = Object.values(found.content ?? {})[0]?.schema;
    if (!schema || Object.keys(schema).length === 0 || !isJson(type)) return undefined;
    const fits = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, fits);
    if (fits(JSON.parse(text))) return undefined;
    return `the body does not fit the OpenAPI document: ${ajv.errorsText(fits.errors)} ${JSON.stringify(fits.errors?.[0]?.params)}`;
  }

  return judge;
}

function problemFault({
  status,
  type,
  text,
}: {
  status: number;
  type: string;
  text: string;
}): string | undefined {
  if (!type.includes('application/problem+json'))
    return `${status} is answered as ${type || 'nothing'}, not as a problem`;
  const { code, status: told, detail } = JSON.parse(text);
  const known = Object.hasOwn(ERRORS, code) ? ERRORS[code as ErrorCode] : undefined;
  if (!known) return `the code ${code} is not known`;
  if (known.status !== status || told !== status)
    return `the code ${code} came with ${status} and says ${told}`;
  if (status >= 500 && !Object.hasOwn(EXPECTED_FAILURES, code)) return `${status} ${code}: ${detail}`;
  const inside = INSIDES.find(([sign]) => sign.test(detail));
  return inside && `the problem tells ${inside[1]}: ${detail}`;
}

function streamFault(text: string, left: boolean): string | undefined {
  const frames = text.split('\n\n').filter((frame) => /^(?:id|event|data):/m.test(frame));
  const ends = frames.map((frame) => /^event: (.*)$/m.exec(frame)?.[1]);
  for (const frame of left ? frames.slice(0, -1) : frames) {
    const data = /^data: (.*)$/m.exec(frame)?.[1];
    if (data !== undefined) JSON.parse(data);
  }
  if (left || ['done', 'error', 'resume', undefined].includes(ends.at(-1))) return undefined;
  return `the stream ended with ${ends.at(-1)}`;
}

/** Whether a body is one JSON value; lines of JSON are many. */
export function isJson(contentType: string): boolean {
  return /^application\/([\w.-]+\+)?json\b/.test(contentType);
}
