import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { areTiny } from './boundedBytes.ts';

export interface EventStreamBounds {
  /** Most bytes of one event. */
  event: number;
  /** Most bytes of the whole stream. */
  stream: number;
  /** The error of a stream that passes a bound. */
  tooLong(problem: string): Error;
}

/**
 * Reads server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 *
 * The library reads them; the bounds are kept here, because it counts characters and knows nothing
 * of a peer that sends a byte at a time. Leaving the loop destroys the stream.
 *
 * @param make the event from its name and data; null where it is of no interest
 * @throws {Error} the error of `bounds.tooLong`, and those of `make`
 */
export async function* parseEventStream<T>(
  stream: AsyncIterable<Uint8Array>,
  bounds: EventStreamBounds,
  make: (event: string, data: Buffer) => T | null,
): AsyncGenerator<T, void, undefined> {
  const decoder = new TextDecoder();
  let events: EventSourceMessage[] = [];
  let total = 0;
  /** Bytes and pieces since the last event or comment. */
  let bytes = 0;
  let pieces = 0;
  let isTooLong = false;
  const parser = createParser({
    maxBufferSize: bounds.event,
    onEvent(event) {
      events.push(event);
      bytes = pieces = 0;
    },
    onComment() {
      bytes = pieces = 0;
    },
    onError({ type }) {
      if (type === 'max-buffer-size-exceeded') isTooLong = true;
    },
  });
  for await (const chunk of stream) {
    total += chunk.length;
    if (total > bounds.stream) throw bounds.tooLong(`its events are longer than ${bounds.stream} bytes`);
    bytes += chunk.length;
    pieces += 1;
    parser.feed(decoder.decode(chunk, { stream: true }));
    const come = events;
    events = [];
    for (const { event = 'message', data } of come) {
      const text = Buffer.from(data);
      if (text.length > bounds.event) isTooLong = true;
      if (isTooLong) break;
      const made = make(event, text);
      if (made !== null) yield made;
    }
    if (isTooLong || bytes > bounds.event || areTiny(pieces, bytes))
      throw bounds.tooLong(`an event is longer than ${bounds.event} bytes, or comes in tiny pieces`);
  }
}
