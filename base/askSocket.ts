import { connect } from 'node:net';

/**
 * Asks a local socket one question, on one line, and reads the answer: JSON, on one line.
 *
 * @param path of the socket; the name of a named pipe on Windows
 * @param bounds characters of the answer at most, and milliseconds without a byte of it
 * @returns undefined where nobody listens, and where no whole answer comes within the bounds
 */
export function askSocket(
  path: string,
  question: string,
  bounds: { characters: number; silentMs: number },
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const socket = connect(path, () => socket.write(`${question}\n`));
  let text = '';
  socket.setEncoding('utf8');
  socket.setTimeout(bounds.silentMs, () => socket.destroy());
  socket.on('data', (part: string) => {
    text += part;
    if (text.length > bounds.characters) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(answerOf(text)));
  return promise;
}

function answerOf(text: string): unknown {
  if (!text.endsWith('\n')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
