import { ProblemError } from '../errors.ts';

/** At the end of a body: nobody sees it at GitHub, and no text of a person's is taken for one. */
const MARKED = /\s*<!-- tertulia:([\w.:-]{1,100}) -->\s*$/;
/** A double hyphen would end the comment. */
const MARK = /^(?!.*--)[\w.:-]{1,100}$/;

/**
 * A body with an invisible mark, by which it is found again when nobody knows whether GitHub has taken it.
 * @throws ProblemError `invalid_request` for a mark that cannot stand in a comment of HTML.
 */
export function withMark(body: string, mark: string | undefined): string {
  if (mark === undefined) return body;
  if (!MARK.test(mark)) {
    throw new ProblemError('invalid_request', 'The mark of a write may hold letters, digits and . : _ -');
  }
  const text = withoutMark(body);
  return `${text}${text === '' ? '' : '\n\n'}<!-- tertulia:${mark} -->`;
}

/** The body as the person wrote it. */
export function withoutMark(body: string | null | undefined): string {
  return (body ?? '').replace(MARKED, '');
}

/** Whether the body was written with this mark. */
export function bearsMark(body: string | null | undefined, mark: string): boolean {
  return MARKED.exec(body ?? '')?.[1] === mark;
}
