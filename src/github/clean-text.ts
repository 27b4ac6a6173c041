/** What a reader of one thing needs; longer texts are cut, and say so. */
const BODY_CHARACTERS = 20_000;
const REMARK_CHARACTERS = 300;
/** The forms of GitHub's own tokens, and of the signed web tokens of its apps. */
const SECRETS =
  /\b(gh[a-z]_[A-Za-z0-9]{16,}|github_pat_\w{20,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}|v\d\.[0-9a-f]{40})\b/g;
/** Everything that does not print, but the space. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu;

/** A text in which nothing looks like a token of GitHub's any more. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRETS, '[token]');
}

/** Text of GitHub's as one printable line without secrets, at most 300 characters; for errors and logs. */
export function cleanRemark(text: string, secret?: string): string {
  const told = secret === undefined ? text : text.replaceAll(secret, '[token]');
  const line = withoutSecrets(told).replace(UNPRINTABLE, ' ').replace(/\s+/g, ' ').trim();
  return line.length > REMARK_CHARACTERS ? `${line.slice(0, REMARK_CHARACTERS - 1)}…` : line;
}

/** The beginning of a text, with a note of how much was left out. Half a surrogate pair is never kept. */
export function cutText(text: string, characters = BODY_CHARACTERS): string {
  if (text.length <= characters) return text;
  const kept = text
    .slice(0, characters)
    .toWellFormed()
    .replace(/\uFFFD$/, '');
  return `${kept}\n[… ${text.length - kept.length} more characters]`;
}

/** The end of a text, from the beginning of a line on, with a note of what was left out. */
export function lastOfText(text: string, characters: number): string {
  if (text.length <= characters) return text;
  const end = text.slice(-characters).toWellFormed();
  const newline = end.indexOf('\n');
  const kept = newline >= 0 && newline < end.length - 1 ? end.slice(newline + 1) : end;
  return `[${text.length - kept.length} characters before this … ]\n${kept}`;
}
