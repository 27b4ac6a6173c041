import mime from 'mime';

/** Kinds of files that are passed over in a folder, told by their names; a file that is named itself is always looked at. */
const PASSED_OVER = /^(?:image|audio|video|font|model)\//;
/** What looks like one of them and is text. */
const TEXTS = new Set(['image/svg+xml', 'video/mp2t', 'audio/x-mod']);
const PASSED_OVER_TYPES = new Set([
  'application/gzip',
  'application/java-archive',
  'application/vnd.android.package-archive',
  'application/vnd.debian.binary-package',
  'application/wasm',
  'application/x-7z-compressed',
  'application/x-apple-diskimage',
  'application/x-bzip',
  'application/x-bzip2',
  'application/x-iso9660-image',
  'application/x-msdos-program',
  'application/x-msdownload',
  'application/x-rar-compressed',
  'application/vnd.rar',
  'application/x-rpm',
  'application/x-shockwave-flash',
  'application/x-tar',
  'application/x-xz',
  'application/zip',
  'application/zstd',
]);
const PASSED_OVER_ENDINGS =
  /\.(?:pyc|pyo|class|o|a|so|dylib|dll|exe|node|bin|dat|db|sqlite3?|lock|map|min\.(?:js|css)|pack|idx|parquet|npy|npz|pt|onnx|safetensors|gguf)$/i;
/** Generated, and long. */
const PASSED_OVER_NAMES = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'pnpm-lock.yaml',
  'Thumbs.db',
  '.DS_Store',
]);

/** Whether a file of a followed folder is read. */
export function isReadable(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (PASSED_OVER_NAMES.has(name) || PASSED_OVER_ENDINGS.test(name)) return false;
  const type = mime.getType(name);
  if (type === null || TEXTS.has(type)) return true;
  return !PASSED_OVER.test(type) && !PASSED_OVER_TYPES.has(type);
}
