import assert from 'node:assert/strict';
import { parseEventStream } from '../../../../daemons/tenant/eventStream.ts';

const tooLong = (problem: string) => new RangeError(problem);
const MOST = { event: 1000, stream: 100_000, tooLong };

async function read(pieces: Iterable<Uint8Array | string>, bounds = MOST): Promise<string[]> {
  async function* stream() {
    for (const piece of pieces) yield Buffer.from(piece);
  }
  return Array.fromAsync(parseEventStream(stream(), bounds, (event, data) => `${event}=${data}`));
}

describe('server-sent events', () => {
  const rows: Array<[title: string, text: string, expected: string[]]> = [
    ['an event with its name', 'event: log\ndata: {"a":1}\n\n', ['log={"a":1}']],
    ['no space after the colon', 'event:log\ndata:x\n\n', ['log=x']],
    ['an event without a name', 'data: x\n\n', ['message=x']],
    ['data of several lines', 'data: a\ndata: b\ndata:\n\n', ['message=a\nb\n']],
    ['lines that end in CR LF, and in CR', 'event: a\r\ndata: 1\r\n\r\nevent: b\rdata: 2\r\r', ['a=1', 'b=2']],
    ['comments and other fields', ': ping\n\nid: 7\nretry: 10\nwhat: x\nevent: a\ndata: 1\n\n', ['a=1']],
    ['a name without data', 'event: a\n\nevent: b\ndata: 1\n\n', ['b=1']],
    ['an event that is cut off', 'data: 1\n\ndata: 2\n', ['message=1']],
    ['characters of several bytes', 'data: ä€🙂\u2028\n\n', ['message=ä€🙂\u2028']],
  ];
  for (const [title, text, expected] of rows) {
    it(`${title}, wherever the stream is cut`, async () => {
      const bytes = Buffer.from(text);
      for (let size = 1; size <= bytes.length; size++) {
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
          bytes.subarray(at * size, (at + 1) * size),
        );
        assert.deepEqual(await read(pieces), expected, `pieces of ${size}`);
      }
    });
  }

  const line = (bytes: number) => `data: ${'x'.repeat(bytes)}\n`;
  const faults: Array<[title: string, pieces: () => Iterable<string>, problem: RegExp]> = [
    ['a long event in one piece', () => [`${line(1001)}\n`], /an event is longer than 1000 bytes/],
    ['a long event in pieces', () => Array(1100).fill('data: x'.slice(0, 1)), /an event is longer/],
    ['an event of many lines', () => Array(200).fill(line(10)), /an event is longer/],
    ['an event of more bytes than characters', () => [`data: ${'€'.repeat(400)}\n\n`], /an event is longer/],
    ['lines that no event has', () => Array(200).fill('what: x\n'), /an event is longer/],
    ['a long name', () => [`event: ${'x'.repeat(1001)}`, '\ndata: 1\n\n'], /an event is longer/],
    ['a long stream', () => Array(10_000).fill('data: 12345\n\n'), /its events are longer than 100000 bytes/],
  ];
  for (const [title, pieces, problem] of faults) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(read(pieces()), (error) => error instanceof RangeError && problem.test(error.message));
    });
  }

  it('refuses an event that comes a byte at a time, and takes pings for ever', async () => {
    const bounds = { event: 10_000_000, stream: Number.POSITIVE_INFINITY, tooLong };
    await assert.rejects(read(Array(25_000).fill('d'), bounds), /tiny pieces/);
    await assert.rejects(read(['data: ', ...Array(25_000).fill('x')], bounds), /tiny pieces/);
    assert.deepEqual(await read([...Array(50_000).fill(': \n\n'), 'data: 1\n\n'], bounds), ['message=1']);
  });

  it('gives the events that came before a bound was passed, and ends the stream with the loop', async () => {
    let ended = false;
    async function* stream() {
      try {
        yield Buffer.from('data: 1\n\n');
        yield Buffer.from('data: 2\n\n');
      } finally {
        ended = true;
      }
    }
    for await (const event of parseEventStream(stream(), MOST, (_, data) => data.toString())) {
      assert.equal(event, '1');
      break;
    }
    assert.ok(ended);
  });
});
