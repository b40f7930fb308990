import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

// A pipe without a writer would hold up its opening for ever. Windows has no such flag, and no such
// pipes among files.
const FLAGS = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a small regular file. An untrusted folder may hold a link to a device, a pipe or a huge
 * file in its place.
 *
 * @param most bytes
 * @throws {Error} where it is no regular file or has more bytes, and the errors of the file system
 */
export async function readSmallFile(file: string, most: number): Promise<Buffer> {
  await using handle = await open(file, FLAGS);
  const stats = await handle.stat();
  if (!stats.isFile()) throw new Error('it is no regular file');
  if (stats.size > most) throw new Error(`it has ${stats.size} bytes, and ${most} is the most`);
  // A file that grows meanwhile is read no further than it was.
  const bytes = Buffer.alloc(stats.size);
  let length = 0;
  while (length < bytes.length) {
    const { bytesRead } = await handle.read(bytes, length, bytes.length - length, length);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return bytes.subarray(0, length);
}
