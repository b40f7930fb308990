import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { jsonLine } from '../../../../base/text/jsonLine.ts';
import { streamLines } from '../../../../base/text/streamLines.ts';
import { LifecycleReader } from '../../../../language-server/lifecycleReader.ts';
import { compileAssemblyScript } from '../../../../toolchain/compile/compileAssemblyScript.ts';
import { thrownWords } from '../../../../toolchain/compile/thrownWords.ts';
import { serveMcp } from '../../../../toolchain/mcp/serveMcp.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

interface Reply {
  id: unknown;
  error?: { code: number; message: string };
  result?: { protocolVersion?: string; isError?: boolean };
}

const initialize = (protocolVersion: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'initialize', params: { protocolVersion, capabilities: {} } });

async function mcp(lines: string): Promise<Reply[]> {
  await using folder = await temporaryFolder();
  const output = new PassThrough();
  await serveMcp({ input: Readable.from([Buffer.from(lines)]), output }, folder.path, new AbortController().signal);
  output.end();
  const text = (await Array.fromAsync(output as AsyncIterable<Buffer>)).join('');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Reply);
}

describe('lines of a stream', () => {
  it('end at a line feed alone, wherever the stream is cut', async () => {
    const text = 'a\u2028b\u2029c\r\n\n"\u0085\v\f\rä"\nlast';
    const bytes = Buffer.from(text);
    const expected = ['a\u2028b\u2029c', '', '"\u0085\v\f\rä"', 'last'];
    for (let size = 1; size <= bytes.length; size++) {
      const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      assert.deepEqual(await Array.fromAsync(streamLines(Readable.from(parts))), expected, `parts of ${size}`);
    }
  });

  it('end quietly with a stream that is destroyed, and loudly with one that fails', async () => {
    const closed = new PassThrough();
    closed.write('one\n');
    const lines = streamLines(closed);
    assert.deepEqual(await lines.next(), { done: false, value: 'one' });
    closed.destroy();
    assert.equal((await lines.next()).done, true);
    const failing = new PassThrough();
    failing.destroy(new Error('EIO'));
    await assert.rejects(Array.fromAsync(streamLines(failing)), /EIO/);
  });

  it('hold no separator that another reader would cut at', () => {
    const value = { text: 'a\u2028b\u2029c' };
    const line = jsonLine(value);
    assert.doesNotMatch(line, /[\u2028\u2029]/);
    assert.deepEqual(JSON.parse(line), value);
  });
});

describe('MCP by the book', () => {
  it('answers a request whose strings hold line separators', async () => {
    const code = 'GRF\u2028\u2029';
    const params = { name: 'grafos_explain_finding', arguments: { code } };
    const request = `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":${JSON.stringify(params)}}`;
    assert.ok(request.includes('\u2028'));
    const replies = await mcp(`${initialize('2025-06-18')}\n${request}\n{"jsonrpc":"2.0","id":3,"method":"ping"}\n`);
    assert.deepEqual(replies.map(({ id }) => id).sort(), [1, 2, 3]);
  });

  it('agrees to no revision that demands batches, and says that it takes none', async () => {
    const batch = '[{"jsonrpc":"2.0","id":2,"method":"ping"},{"jsonrpc":"2.0","id":3,"method":"ping"}]';
    const replies = await mcp(`${initialize('2025-03-26')}\n${batch}\n`);
    const opened = replies.find(({ id }) => id === 1);
    assert.ok(opened?.result?.protocolVersion !== '2025-03-26');
    const refused = replies.find(({ id }) => id === null);
    assert.equal(refused?.error?.code, -32600);
    assert.match(refused.error.message, /Batches/);
  });
});

describe('the life cycle of LSP', () => {
  /**
   * The replies, and the messages that pass to the server, once `exit` has passed and all faults
   * are answered.
   */
  async function lsp(faults: number, messages: object[]): Promise<{ errors: Reply[]; passed: string[] }> {
    const input = new PassThrough();
    const output = new PassThrough();
    const reader = new LifecycleReader(new StreamMessageReader(input), new StreamMessageWriter(output));
    const passed: string[] = [];
    const exited = new Promise<void>((resolve) => {
      reader.listen((message) => {
        const { method = '' } = message as { method?: string };
        passed.push(method);
        if (method === 'exit') resolve();
      });
    });
    for (const message of messages) {
      const text = JSON.stringify({ jsonrpc: '2.0', ...message });
      input.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    }
    let text = '';
    const isWhole = () => text.split('Content-Length: ').length - 1 === faults && /^$|\}$/.test(text);
    const answered = new Promise<void>((resolve) => {
      output.on('data', (part: Buffer) => {
        text += part.toString();
        if (isWhole()) resolve();
      });
      if (faults === 0) resolve();
    });
    await Promise.all([exited, answered]);
    const answers = text.split(/Content-Length: \d+\r\n\r\n/).filter((answer) => answer !== '');
    return { errors: answers.map((answer) => JSON.parse(answer) as Reply), passed };
  }
  const params = { processId: null, rootUri: null, capabilities: {} };

  it('answers what comes out of its time with an error, and drops such notifications', async () => {
    const { errors, passed } = await lsp(4, [
      { id: 1, method: 'textDocument/hover' },
      { method: 'textDocument/didOpen' },
      { id: 2, method: 'initialize', params: { processId: null } },
      { id: 3, method: 'initialize', params },
      { id: 4, method: 'initialize', params },
      { method: 'initialized', params: {} },
      { id: 5, method: 'textDocument/hover' },
      { id: 6, method: 'shutdown' },
      { id: 7, method: 'textDocument/hover' },
      { method: 'textDocument/didSave' },
      { method: 'exit' },
    ]);
    assert.deepEqual(
      errors.map(({ id, error }) => [id, error?.code]),
      [
        [1, -32002],
        [2, -32602],
        [4, -32600],
        [7, -32600],
      ],
    );
    assert.deepEqual(passed, ['initialize', 'initialized', 'textDocument/hover', 'shutdown', 'exit']);
  });

  it('lets a client go that never began', async () => {
    assert.deepEqual(await lsp(0, [{ method: 'exit' }]), { errors: [], passed: ['exit'] });
  });
});

describe('faults of a compiler', () => {
  it('are said in words', () => {
    for (const thrown of [
      new Error('x'),
      new RangeError(),
      { zz: 1234 },
      { message: 'm' },
      {},
      Object.create(null),
      null,
      3,
      's',
    ])
      assert.match(thrownWords(thrown), /^(?!.*\[object)./);
  });

  it('name what the compiler threw where a default calls its own function', async () => {
    const source =
      'function f(a: i32 = f()): i32 { return a; }\nexport function compute(input: Uint8Array): string { return f().toString(); }\n';
    await using scratch = await scratchProgram('demo.ts', { 'demo.ts': source });
    const { diagnostics } = await compileAssemblyScript(scratch);
    assert.match(
      diagnostics.map(({ message }) => message).join('\n'),
      /C\+\+ exception.*default calls its own function/s,
    );
    await scratch.write('demo.ts', 'export function compute(input: Uint8Array): string { return "ok"; }\n');
    assert.deepEqual((await compileAssemblyScript(scratch)).diagnostics, []);
  });
});
