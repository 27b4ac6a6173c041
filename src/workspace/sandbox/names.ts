/** Names with this prefix belong to the workspace itself: files being written, folders being deleted. */
const OWN_PREFIX = '.tertulia-';
/** The longest name that the common file systems take, in bytes of UTF-8. */
const NAME_BYTES = 255;

/**
 * What a name may not hold, and how to say so. The list is the union of what Linux, macOS and Windows refuse or
 * rewrite, so that a workspace can move between them, and of characters that make two names look alike (Unicode
 * Technical Report 36). Emoji selectors U+FE00 to U+FE0F are invisible but harmless, and stay allowed.
 */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/\p{Control}/v, 'holds a control character'],
  [
    /[\p{Format}\p{Line_Separator}\p{Paragraph_Separator}\p{Noncharacter_Code_Point}]/v,
    'holds an invisible or direction-changing character',
  ],
  [/[\p{Default_Ignorable_Code_Point}--[\uFE00-\uFE0F]]/v, 'holds an invisible character'],
  [/\uFFFD/v, 'holds U+FFFD, the mark of text that was decoded wrongly'],
  [/[\u2044\u2215\u29F8\uFE68\uFF0F\uFF3C]/v, 'holds a character that looks like a slash'],
  [/[\u2024\u2025\uFE52\uFF0E]/v, 'holds a character that looks like a dot'],
  [/%(?:25)*(?:2e|2f|5c|[01][0-9a-f])/iv, 'holds a percent-encoded dot, slash or control character'],
  [/\\/v, 'holds a backslash'],
  [/[<>:"\|?*]/v, 'holds one of < > : " | ? *'],
  [/^\s/v, 'begins with a space'],
  [/\s$/v, 'ends with a space'],
  [/\.$/v, 'ends with a dot'],
];

/** Device names of Windows, which keep their meaning with any extension: `NUL.txt` is `NUL`. */
const WINDOWS_DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])$/iv;

/**
 * Why `name` cannot be one name in a path, as the end of a sentence that begins with the name; `undefined` when it can.
 */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name === '.' || name === '..') return 'is a step, not a name';
  if (!name.isWellFormed()) return 'holds half of a surrogate pair';
  for (const [pattern, fault] of FAULTS) if (pattern.test(name)) return fault;
  if (name !== name.normalize('NFC')) return 'is not in the Unicode form NFC (send it composed)';
  if (Buffer.byteLength(name) > NAME_BYTES) return `is longer than ${NAME_BYTES} bytes`;
  if (isWindowsDevice(name)) return 'is the name of a device on Windows';
  return isOwnName(name) ? `begins with ${OWN_PREFIX}, which the workspace keeps for itself` : undefined;
}

/** Whether a name without its extension is one that Windows keeps for devices. */
export function isWindowsDevice(name: string): boolean {
  const [stem = ''] = name.split('.');
  return WINDOWS_DEVICE.test(stem.trimEnd());
}

/** Whether a name is one that the workspace makes for itself; such entries are never listed. */
export function isOwnName(name: string): boolean {
  return name.startsWith('.') && name.slice(0, OWN_PREFIX.length).toLowerCase() === OWN_PREFIX;
}

/** A fresh name that nobody can guess and `list` hides. */
export function ownName(): string {
  return `${OWN_PREFIX}${crypto.randomUUID().replaceAll('-', '')}`;
}

/** `text` with everything that could disturb a terminal, a log or a model's context replaced by U+FFFD. */
export function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(
      /[\p{Control}\p{Format}\p{Line_Separator}\p{Paragraph_Separator}\p{Noncharacter_Code_Point}]/gv,
      '\uFFFD',
    );
}

/** `text` made printable, cut to 100 characters and in quotes, for a sentence of an error. */
export function quoted(text: string): string {
  const shown = printable(text.slice(0, 100));
  return text.length > 100 ? `"${shown}…"` : `"${shown}"`;
}
