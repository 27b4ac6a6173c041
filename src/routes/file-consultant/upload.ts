import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ProblemError } from '../../errors.ts';
import type { Workspaces } from '../../workspace/workspace.ts';
import { path } from './shapes.ts';

/** Where an upload is put that does not say where. */
const FOLDER = 'uploads/';
const TAKES = 'takes one file as multipart/form-data, in the field "file", with its path in the field "path"';

interface UploadOptions {
  workspaces: Workspaces;
  /** The largest file that is taken, in bytes. */
  maximumBytes: number;
}

/**
 * Puts the file of a form into the workspace; its path there.
 *
 * @throws ProblemError `invalid_request` for a form that does not fit, `file_too_large`, and what is wrong with the path.
 */
export async function storeUpload(
  request: FastifyRequest,
  { workspaces, maximumBytes }: UploadOptions,
): Promise<string> {
  const { bytes, name, to } = await readForm(request).catch((error: unknown) => {
    throw toProblem(error, maximumBytes);
  });
  if (!bytes || (name === '' && to === undefined))
    throw new ProblemError('invalid_request', `body: ${TAKES}.`);
  const target = to === undefined || to.endsWith('/') ? `${to ?? FOLDER}${name}` : to;
  const written = await workspaces.for(request.user.id).write(target, bytes, { maximum: maximumBytes });
  return written.path;
}

/** A file, the name that its sender has for it, and where it is to be put. */
interface Form {
  bytes: Buffer | undefined;
  name: string;
  to: string | undefined;
}

async function readForm(request: FastifyRequest): Promise<Form> {
  const form: Form = { bytes: undefined, name: '', to: undefined };
  for await (const part of request.parts()) {
    if (part.type === 'file' && part.fieldname === 'file') {
      form.bytes = await part.toBuffer();
      form.name = lastName(part.filename);
    } else if (part.type === 'field' && part.fieldname === 'path' && form.to === undefined) {
      form.to = path.parse(part.value);
    } else throw new ProblemError('invalid_request', `body.${part.fieldname}: ${TAKES}.`);
  }
  return form;
}

/** Some clients send the whole path that the file has with them. */
function lastName(filename: string): string {
  return filename.slice(Math.max(filename.lastIndexOf('/'), filename.lastIndexOf('\\')) + 1);
}

/** What the parser of forms throws is the caller's doing. */
function toProblem(error: unknown, maximumBytes: number): unknown {
  if (error instanceof ProblemError || !(error instanceof Error)) return error;
  if (error instanceof z.ZodError)
    return new ProblemError('invalid_request', `body.path: ${error.issues[0]?.message}.`);
  if ('code' in error && error.code === 'FST_REQ_FILE_TOO_LARGE') {
    const limit = Math.floor(maximumBytes / 1024 / 1024);
    return new ProblemError(
      'file_too_large',
      `The file is larger than ${limit} MiB (KNOWLEDGE_MAX_FILE_MB).`,
    );
  }
  return new ProblemError('invalid_request', `body: ${TAKES}.`, { cause: error });
}
