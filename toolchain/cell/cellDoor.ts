import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { CELL_FILES } from './cellFolder.ts';

/** Questions that a running cell answers to its own user, over a local socket. */
export type CellQuestion = 'status' | 'reload' | 'request' | 'answer';

/** Bytes of the longest path of a local socket; macOS has the least. */
const PATH_BYTES_MAX = 103;
const QUESTIONS: readonly string[] = ['status', 'reload', 'request', 'answer'] satisfies CellQuestion[];
/** Characters of a question and what it brings: certificates in base64. */
const QUESTION_MAX = 96 * 1024;
const SILENT_MS = 5_000;

/** The address of a cell's local socket: a file in its state folder, or a named pipe on Windows. */
export function doorAddress(folder: StateFolder): string {
  if (process.platform === 'win32')
    return `\\\\.\\pipe\\grafos-cell-${createHash('sha256').update(folder.path).digest('hex').slice(0, 32)}`;
  const path = folder.file(CELL_FILES.door);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  throw new GrafosError('path_too_long', `The path of the state folder is too long: ${folder.path}`, {
    why: `The socket ${path} has more than ${PATH_BYTES_MAX} bytes in its path, which no system allows.`,
    next: 'Give a state folder with a shorter path: --state FOLDER',
    kind: 'usage',
  });
}

/**
 * Opens the local socket of a running cell. Only the user of the state folder reaches it.
 *
 * @param answer gives the answer to a question and what it brings; its JSON goes back on one line
 */
export async function openCellDoor(
  folder: StateFolder,
  answer: (question: CellQuestion, brought: string) => Promise<unknown>,
): Promise<AsyncDisposable> {
  const address = doorAddress(folder);
  // The lock is ours, so a socket that is there was left by a cell that was killed.
  if (process.platform !== 'win32') folder.remove(CELL_FILES.door);
  const guests = new Set<Socket>();
  const server = createServer((guest) => {
    guests.add(guest);
    guest.once('close', () => guests.delete(guest));
    guest.on('error', () => guest.destroy());
    guest.setTimeout(SILENT_MS, () => guest.destroy());
    guest.setEncoding('utf8');
    let text = '';
    const listen = (part: string) => {
      text += part;
      const end = text.indexOf('\n');
      if (end < 0 && text.length <= QUESTION_MAX) return;
      guest.off('data', listen);
      // The question is whole. Its answer may wait for a lock.
      guest.setTimeout(0);
      if (end < 0) {
        guest.destroy();
        return;
      }
      const [question = '', brought = ''] = text.slice(0, end).split(' ');
      if (!QUESTIONS.includes(question)) guest.destroy();
      else
        void answer(question as CellQuestion, brought).then(
          (value) => guest.end(`${JSON.stringify(value)}\n`),
          () => guest.destroy(),
        );
    };
    guest.on('data', listen);
  });
  await listening(server, address);
  return {
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const guest of guests) guest.destroy();
      }),
  };
}

function listening(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(address, () => resolve());
  });
}
