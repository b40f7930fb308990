import type { Readable } from 'node:stream';

/**
 * Reads a stream of UTF-8 text by lines.
 *
 * Only `\n` ends a line, and a `\r` before it is left out. `node:readline` also cuts at U+2028 and
 * U+2029, which a JSON string may contain. The stream's end or destruction ends the last line.
 */
export async function* streamLines(stream: Readable): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
      const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
      const lines = text.split('\n');
      for (const line of lines.slice(0, -1)) {
        yield withoutReturn(rest + line);
        rest = '';
      }
      rest += lines.at(-1) ?? '';
    }
  } catch (error) {
    const isClosed = error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
    if (!isClosed) throw error;
  }
  rest += decoder.decode();
  if (rest !== '') yield withoutReturn(rest);
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
