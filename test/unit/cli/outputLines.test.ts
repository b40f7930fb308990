import assert from 'node:assert/strict';
import { outputLines } from '../../../cli/outputLines.ts';
import { RUN } from '../../helpers/goodAnswers.ts';

/** The lines of an output: of JSON, of text, or of bytes. */
function lines(output: { json?: unknown; text?: string; bytes?: Buffer }, isTerminal: boolean): string[] {
  assert.ok(RUN.response);
  const bytes = output.bytes ?? Buffer.from(output.text ?? JSON.stringify(output.json));
  const response = {
    ...RUN.response,
    output: output.json ?? null,
    output_text: output.text ?? null,
    output_bytes: bytes.length,
  };
  return [...outputLines({ response, bytes }, isTerminal, (_, text) => text)];
}

describe('the lines of an output', () => {
  it('are none of nothing', () => assert.deepEqual(lines({ bytes: Buffer.alloc(0) }, true), []));

  it('have short JSON and short text beside the label, in a terminal and a pipe', () => {
    for (const isTerminal of [true, false]) {
      assert.deepEqual(lines({ json: { a: [1] } }, isTerminal), ['  output    {"a":[1]}']);
      assert.deepEqual(lines({ json: false }, isTerminal), ['  output    false']);
      assert.deepEqual(lines({ text: 'hello\n' }, isTerminal), ['  output    hello']);
    }
  });

  it('have long JSON on one line in a pipe, and laid out in a terminal', () => {
    const json = { list: Array.from({ length: 40 }, (_, at) => at) };
    assert.deepEqual(lines({ json }, false), [`  output    ${JSON.stringify(json)}`]);
    const shown = lines({ json }, true);
    assert.match(shown[0] ?? '', /^ {2}output {4}\d+ bytes of JSON$/);
    assert.deepEqual(JSON.parse(shown.slice(1).join('\n')), json);
  });

  it('have text of several lines below the label, with either end of line', () => {
    for (const isTerminal of [true, false]) {
      assert.deepEqual(lines({ text: 'a\r\nb\n\nc\r\n' }, isTerminal), [
        '  output    9 bytes of text',
        '    a',
        '    b',
        '    ',
        '    c',
      ]);
    }
  });

  it('are cut in a terminal after a number of lines and of characters, and not in a pipe', () => {
    const many = Array.from({ length: 150 }, (_, at) => `line ${at}`).join('\n');
    const cut = lines({ text: many }, true);
    assert.deepEqual([cut.length, cut[100]], [102, '    line 99']);
    assert.match(cut[101] ?? '', /cut; a pipe or --output FILE gets all of it/);
    assert.equal(lines({ text: many }, false).length, 151);
    assert.equal(lines({ text: many.split('\n').slice(0, 100).join('\n') }, true).length, 101);
    const [, long, note] = lines({ text: 'x'.repeat(20_000) }, true);
    assert.equal(long?.length, 4 + 16 * 1024);
    assert.match(note ?? '', /cut/);
    assert.equal(lines({ text: 'x'.repeat(20_000) }, false)[1]?.length, 20_004);
    assert.equal(lines({ text: 'x'.repeat(16 * 1024) }, true).length, 2);
  });

  it('of large JSON are cut in a terminal, without the rest being laid out', () => {
    const json = Array.from({ length: 200_000 }, () => 'x'.repeat(20));
    const shown = lines({ json }, true);
    assert.equal(shown.length, 102);
    assert.match(shown.at(-1) ?? '', /cut/);
  });

  it('have bytes by their size and the first of them', () => {
    const [label, ...dump] = lines({ bytes: Buffer.from([0, 1, 254, 255]) }, true);
    assert.equal(label, '  output    4 bytes, binary');
    assert.match(dump.join('\n'), /00 01 fe ff/);
    const [long, ...more] = lines({ bytes: Buffer.alloc(1000, 255) }, false);
    assert.match(long ?? '', /^ {2}output {4}1000 bytes, binary; the first 64 bytes \(all of them: --output FILE\)$/);
    assert.ok(more.length <= 6);
  });
});
