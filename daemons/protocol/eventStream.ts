import { StringDecoder } from 'node:string_decoder';

/**
 * Server-sent events as our scheduler writes them (https://html.spec.whatwg.org/multipage/server-sent-events.html): an `event` line and
 * `data` lines of JSON, lines ended by LF. Comments and fields we do not use are passed over. Leaving the loop destroys the stream.
 */
export async function* parseEventStream<T>(
  stream: AsyncIterable<Uint8Array>,
  make: (event: string, data: unknown) => T,
): AsyncGenerator<T, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of stream) {
    rest += decoder.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      const event = parseBlock(block);
      if (event !== null) yield make(event.name, JSON.parse(event.data));
    }
  }
}

function parseBlock(block: string): { name: string; data: string } | null {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') name = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? null : { name, data: data.join('\n') };
}
