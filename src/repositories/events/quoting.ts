import { cleanRemark, cutText, withoutSecrets } from '../../github/clean-text.ts';

const BODY_CHARACTERS = 2_000;
/** More of a text is not looked at. */
const READ_CHARACTERS = 10_000;
const SHORT_SHA = 7;

/** A comment of HTML, which nobody sees at GitHub; one without an end hides all that follows. */
const HIDDEN = /<!--[\s\S]*?(?:-->|$)/g;
/** Everything that does not print, but the end of a line. */
const UNPRINTABLE = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/gu;

/** Words of others in one line, to stand in a sentence of ours. */
export function named(words: string | undefined): string {
  return cleanRemark((words ?? '').slice(0, READ_CHARACTERS)).replaceAll(/[“”]/g, '"');
}

/** The same in quotation marks, so that it is seen where they end. */
export function titled(words: string | undefined): string {
  return `“${named(words)}”`;
}

/** A text of others below a sentence of ours: every line begins with ">", so that none passes for ours. Empty for an empty one. */
export function quoted(body: string | undefined): string {
  const shown = withoutSecrets((body ?? '').slice(0, READ_CHARACTERS))
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(HIDDEN, '')
    .replaceAll('\t', '  ')
    .replaceAll(UNPRINTABLE, '')
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line, index, lines) => line !== '' || lines[index - 1] !== '')
    .join('\n')
    .trim();
  if (shown === '') return '';
  return `\n${cutText(shown, BODY_CHARACTERS).replaceAll(/^/gm, '> ')}`;
}

/** "#3 “Login fails”" of an issue or a pull request. */
export function numbered(
  item: { number?: number | undefined; title?: string | undefined } | undefined,
): string {
  return `#${item?.number ?? '?'} ${titled(item?.title)}`;
}

/** As git shortens the hash of a commit. */
export function shortSha(sha: string | undefined): string {
  return /^[0-9a-f]{40,64}$/.test(sha ?? '') ? String(sha).slice(0, SHORT_SHA) : 'a commit';
}

/** An action of GitHub's as words: `ready_for_review` is "ready for review". */
export function inWords(action: string | undefined): string {
  return named(action?.replaceAll(/[_-]/g, ' '));
}
