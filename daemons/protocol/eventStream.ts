import { BoundedBytes } from './boundedBytes.ts';

export interface EventStreamBounds {
  /** Most bytes of one event. */
  event: number;
  /** Most bytes of the whole stream. */
  stream: number;
  /** The error of a stream that passes a bound. */
  tooLong(problem: string): Error;
}

const LINE_FEED = 0x0a;

/**
 * Server-sent events as our scheduler writes them
 * (https://html.spec.whatwg.org/multipage/server-sent-events.html): an `event` line and one `data`
 * line, lines ended by LF.
 *
 * Comments and fields we do not use are passed over. Leaving the loop destroys the stream.
 *
 * @param make the event from its name and data; null where it is of no interest
 * @throws {Error} the error of `bounds.tooLong`, and those of `make`
 */
export async function* parseEventStream<T>(
  stream: AsyncIterable<Uint8Array>,
  bounds: EventStreamBounds,
  make: (event: string, data: Buffer) => T | null,
): AsyncGenerator<T, void, undefined> {
  const block = new BoundedBytes(bounds.event);
  let total = 0;
  let endsLine = false;
  for await (const chunk of stream) {
    total += chunk.length;
    if (total > bounds.stream) throw bounds.tooLong(`its events are longer than ${bounds.stream} bytes`);
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    while (rest.length > 0) {
      const end = blockEnd(rest, endsLine);
      const piece = end < 0 ? rest : rest.subarray(0, end);
      if (!block.add(piece))
        throw bounds.tooLong(`an event is longer than ${bounds.event} bytes, or comes in tiny pieces`);
      rest = rest.subarray(piece.length);
      endsLine = end < 0 && piece.at(-1) === LINE_FEED;
      if (end < 0) continue;
      const event = parseBlock(block.take());
      const made = event === null ? null : make(event.name, event.data);
      if (made !== null) yield made;
    }
  }
}

/** Where the block of lines ends, after its empty line; -1 where it goes on. */
function blockEnd(bytes: Buffer, endsLine: boolean): number {
  if (endsLine && bytes[0] === LINE_FEED) return 1;
  const at = bytes.indexOf('\n\n');
  return at < 0 ? -1 : at + 2;
}

function parseBlock(block: Buffer): { name: string; data: Buffer } | null {
  let name = 'message';
  let data: Buffer | null = null;
  for (let at = 0; at < block.length; ) {
    const end = block.indexOf(LINE_FEED, at);
    const line = block.subarray(at, end < 0 ? block.length : end);
    at += line.length + 1;
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const field = line.toString('latin1', 0, colon);
    const value = line.subarray(line[colon + 1] === 0x20 ? colon + 2 : colon + 1);
    if (field === 'event') name = value.toString('utf8', 0, 64);
    else if (field === 'data') data = value;
  }
  return data === null ? null : { name, data };
}
