import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { toDatabaseProblem } from '../db/failures.ts';
import { ERRORS, type ErrorCode, ProblemError } from '../errors.ts';

/** Fastify's own refusals, by their code. */
const FASTIFY_CODES: Record<string, { code: ErrorCode; detail: string }> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'body_too_large',
    detail: 'The body is larger than this address takes.',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    detail: 'Send the body as application/json.',
  },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'invalid_request', detail: 'The body is not valid JSON.' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'invalid_request', detail: 'The body is empty; send a JSON object.' },
  FST_ERR_BAD_URL: { code: 'invalid_request', detail: 'The address has a malformed percent-encoding.' },
};

interface FieldFault {
  path: string;
  message: string;
}

/** Turns whatever a route threw into a problem document (RFC 9457). What is our own fault is logged, and not told. */
export function sendProblem(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (hasZodFastifySchemaValidationErrors(error)) {
    const faults = error.validation.map(({ instancePath, message }) => ({
      path: [error.validationContext, ...instancePath.split('/').filter(Boolean)].join('.'),
      message: message ?? 'does not fit',
    }));
    const detail = faults.map(({ path, message }) => `${path}: ${message}`).join('; ');
    return send(reply, new ProblemError('invalid_request', detail), faults);
  }
  const problem = toProblem(error);
  if (ERRORS[problem.code].culprit === 'us') request.log.error({ err: error }, 'a request failed');
  return send(reply, problem);
}

function toProblem(error: FastifyError): ProblemError {
  if (error instanceof ProblemError) return error;
  const known = FASTIFY_CODES[error.code];
  if (known) return new ProblemError(known.code, known.detail, { cause: error });
  if (error.statusCode !== undefined && error.statusCode < 500) {
    return new ProblemError('invalid_request', 'The request cannot be read.', { cause: error });
  }
  return (
    toDatabaseProblem(error) ??
    new ProblemError('internal', 'Something failed on our side; the server’s log has the reason.', {
      cause: error,
    })
  );
}

function send(reply: FastifyReply, problem: ProblemError, errors?: FieldFault[]): FastifyReply {
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', String(problem.retryAfterSeconds));
  // What a caller has to prove who they are with (RFC 6750, section 3).
  if (problem.code === 'unauthorized') reply.header('www-authenticate', 'Bearer');
  return reply
    .code(ERRORS[problem.code].status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send({ ...problem.toDocument(), ...(errors ? { errors } : {}) });
}
