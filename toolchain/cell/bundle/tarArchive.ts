/** One file of an archive. */
export interface TarFile {
  /** Relative path with `/`, at most 100 bytes of ASCII, or 255 split at a `/`. */
  path: string;
  bytes: Uint8Array;
  isExecutable: boolean;
}

const BLOCK = 512;
/**
 * Time of each file, seconds since 1970. It is the same always, so that the same files give the
 * same bytes.
 */
const MTIME = 1_000_000_000;

/** Writes files as a tar archive (POSIX.1-1988, ustar), in the order of their paths. */
export function* writeTar(files: readonly TarFile[]): Generator<Uint8Array, void, undefined> {
  const sorted = [...files].sort((left, right) => (left.path < right.path ? -1 : 1));
  for (const { path, bytes, isExecutable } of sorted) {
    yield header(path, bytes.length, isExecutable ? 0o755 : 0o644);
    yield bytes;
    const rest = bytes.length % BLOCK;
    if (rest > 0) yield Buffer.alloc(BLOCK - rest);
  }
  yield Buffer.alloc(2 * BLOCK);
}

function header(path: string, size: number, mode: number): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(path);
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  block.write(name, 0, 'latin1');
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(MTIME, 136, 12);
  block.write('        0', 148, 'latin1');
  block.write('ustar\x0000root', 257, 'latin1');
  block.write('root', 297, 'latin1');
  octal(0, 329, 8);
  octal(0, 337, 8);
  block.write(prefix, 345, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return block;
}

function splitPath(path: string): [prefix: string, name: string] {
  if (!/^[\x21-\x7e]+$/.test(path)) throw new Error(`"${path}" is no path for an archive`);
  if (path.length <= 100) return ['', path];
  const at = path.lastIndexOf('/', 155);
  if (at < 0 || path.length - at - 1 > 100) throw new Error(`"${path}" is too long for an archive`);
  return [path.slice(0, at), path.slice(at + 1)];
}

/** A fault in bytes that should be an archive. */
export class TarInvalidError extends Error {}

/**
 * Reads the files of a tar archive. Folders, and the headers of pax that npm writes, are passed
 * over; links, devices and paths that lead out are faults.
 *
 * @throws {TarInvalidError}
 */
export function* readTar(archive: Uint8Array): Generator<TarFile, void, undefined> {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength);
  for (let at = 0; ; ) {
    if (at + BLOCK > bytes.length) throw new TarInvalidError('it is cut off');
    const block = bytes.subarray(at, at + BLOCK);
    if (block.every((byte) => byte === 0)) return;
    const file = readHeader(block);
    const from = at + BLOCK;
    if (from + file.size > bytes.length) throw new TarInvalidError(`${file.path} is cut off`);
    at = from + Math.ceil(file.size / BLOCK) * BLOCK;
    if (file.type === 'x' || file.type === 'g' || file.type === '5') continue;
    if (file.type !== '0') throw new TarInvalidError(`${file.path} is no file`);
    if (!isInside(file.path)) throw new TarInvalidError(`"${file.path}" leads out of the archive`);
    yield { path: file.path, bytes: bytes.subarray(from, from + file.size), isExecutable: (file.mode & 0o100) !== 0 };
  }
}

function readHeader(block: Buffer): { path: string; size: number; mode: number; type: string } {
  const text = (at: number, length: number) => block.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  const octal = (at: number, length: number) => {
    const digits = text(at, length).trim();
    if (!/^[0-7]{1,11}$/.test(digits)) throw new TarInvalidError('a number in it is not octal');
    return Number.parseInt(digits, 8);
  };
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  if (octal(148, 8) !== sum) throw new TarInvalidError('the checksum of a header is wrong');
  const prefix = text(257, 5) === 'ustar' ? text(345, 155) : '';
  const path = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
  return { path, size: octal(124, 12), mode: octal(100, 8), type: text(156, 1) || '0' };
}

function isInside(path: string): boolean {
  return (
    path !== '' && !path.includes('\\') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
