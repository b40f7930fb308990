import assert from 'node:assert/strict';
import { once } from 'node:events';
import { endWhenSilent } from '../../../../daemons/tenant/endWhenSilent.ts';

/** Gives `parts` until its signal, for which it then waits. */
async function* quiet(parts: string[], signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  for (const part of parts) {
    signal.throwIfAborted();
    yield part;
  }
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('aborted');
}

async function read(stream: AsyncIterable<string>): Promise<string[]> {
  const seen: string[] = [];
  for await (const part of stream) seen.push(part);
  return seen;
}

describe('endWhenSilent', () => {
  it('passes everything on, and ends as the stream does', async () => {
    const open = async function* () {
      yield* ['a', 'b'];
    };
    assert.deepEqual(await read(endWhenSilent(open, 60_000, undefined)), ['a', 'b']);
  });

  it('ends a stream that fell silent, before its first part too', async () => {
    for (const parts of [[], ['a']]) {
      const silent = endWhenSilent((signal) => quiet(parts, signal), 5, undefined);
      await assert.rejects(read(silent), { kind: 'unreachable', code: 'scheduler_unreachable', why: /0\.005 s/ });
    }
  });

  it('does not take the time of its reader for silence', async () => {
    const stream = endWhenSilent((signal) => quiet(['a', 'b'], signal), 10, undefined);
    assert.equal((await stream.next()).value, 'a');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.equal((await stream.next()).value, 'b');
    await stream.return();
  });

  it('leaves errors and the signal of the caller as they are', async () => {
    const abort = new AbortController();
    const stream = endWhenSilent((signal) => quiet(['a'], signal), 60_000, abort.signal);
    await stream.next();
    abort.abort();
    await assert.rejects(stream.next(), { message: 'aborted' });
  });
});
