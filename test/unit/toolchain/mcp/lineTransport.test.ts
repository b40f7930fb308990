import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { LineTransport } from '../../../../toolchain/mcp/lineTransport.ts';

/** Sends lines to a transport, and gives what it took and what it answered by itself. */
async function taken(...chunks: Array<string | Buffer>) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const transport = new LineTransport(input, output);
  const messages: unknown[] = [];
  let closed = 0;
  transport.onmessage = (message) => messages.push(message);
  transport.onclose = () => closed++;
  await transport.start();
  for (const chunk of chunks) input.write(chunk);
  input.end();
  await transport.ended;
  const text = String(output.read() ?? '');
  return {
    messages,
    closed,
    answers: text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line)),
    text,
  };
}

const REQUEST = { jsonrpc: '2.0', id: 1, method: 'ping' };

describe('messages of MCP', () => {
  it('are one a line, whatever pieces they come in, with or without a last newline', async () => {
    const text = Buffer.from(
      `${JSON.stringify({ ...REQUEST, params: { a: 'grüße' } })}\r\n\n${JSON.stringify(REQUEST)}`,
    );
    const { messages, answers, closed } = await taken(...[...text].map((byte) => Buffer.of(byte)));
    assert.deepEqual([messages, answers, closed], [[{ ...REQUEST, params: { a: 'grüße' } }, REQUEST], [], 1]);
  });

  it('may be notifications and answers', async () => {
    const others = [
      { jsonrpc: '2.0', method: 'notifications/initialized' },
      { jsonrpc: '2.0', id: 'x', result: {} },
      { jsonrpc: '2.0', id: 2, error: { code: -1, message: 'no' } },
    ];
    const { messages, answers } = await taken(others.map((one) => `${JSON.stringify(one)}\n`).join(''));
    assert.deepEqual([messages, answers], [others, []]);
  });

  const refused: Array<[what: string, line: string, id: unknown, code: number]> = [
    ['no JSON', '{"jsonrpc":', null, -32700],
    ['no object', '"ping"', null, -32600],
    ['null', 'null', null, -32600],
    ['a batch', `[${JSON.stringify(REQUEST)}]`, null, -32600],
    ['without a version', '{"id": 7, "method": "ping"}', 7, -32600],
    ['of another version', '{"jsonrpc": "1.0", "id": "a", "method": "ping"}', 'a', -32600],
    ['without a method', '{"jsonrpc": "2.0", "id": 3}', 3, -32600],
    ['with an id that is none', '{"jsonrpc": "2.0", "id": {"a": 1}, "method": 4}', null, -32600],
  ];
  for (const [what, line, id, code] of refused) {
    it(`that are ${what} are answered with an error, and the next one is taken`, async () => {
      const { messages, answers } = await taken(`${line}\n${JSON.stringify(REQUEST)}\n`);
      assert.deepEqual(messages, [REQUEST]);
      assert.equal(answers.length, 1);
      assert.deepEqual([answers[0].jsonrpc, answers[0].id, answers[0].error.code], ['2.0', id, code]);
    });
  }

  it('are written as one line, numbers with all their digits', async () => {
    const [input, output] = [new PassThrough(), new PassThrough()];
    const transport = new LineTransport(input, output);
    const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('12345678901234567890');
    await transport.send({ jsonrpc: '2.0', id: 1, result: { text: 'a\nb', number: raw } });
    assert.equal(
      String(output.read()),
      '{"jsonrpc":"2.0","id":1,"result":{"text":"a\\nb","number":12345678901234567890}}\n',
    );
  });

  it('end when the transport is closed, and when the input fails', async () => {
    for (const end of ['close', 'fail']) {
      const input = new PassThrough();
      const transport = new LineTransport(input, new PassThrough());
      let closed = false;
      transport.onclose = () => {
        closed = true;
      };
      await transport.start();
      const ended = transport.ended.then(
        () => 'ended',
        (error: Error) => error.message,
      );
      if (end === 'close') await transport.close();
      else input.destroy(new Error('broken'));
      const outcome = await ended;
      assert.equal(closed, true, end);
      if (end === 'fail') assert.equal(outcome, 'broken');
    }
  });
});
