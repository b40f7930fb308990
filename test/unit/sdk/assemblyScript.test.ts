import assert from 'node:assert/strict';
import { join } from 'node:path';
import fc from 'fast-check';
import { packageRoot } from '../../../base/packageRoot.ts';
import { findTasklet, loadProgram } from '../../../program/loadProgram.ts';
import { compileAssemblyScript } from '../../../toolchain/compile/compileAssemblyScript.ts';
import { type HostRun, runOnHost } from '../../helpers/taskletHost.ts';

const program = loadProgram(join(packageRoot, 'test', 'fixtures', 'sdk'));

async function compiled(name: string): Promise<Uint8Array> {
  const { wasm, diagnostics } = await compileAssemblyScript({ program, tasklet: findTasklet(program, name) });
  assert.deepEqual(diagnostics, []);
  assert.ok(wasm !== null);
  return wasm;
}

describe('grafos-std for AssemblyScript', () => {
  let probe: Uint8Array;
  before(async () => {
    probe = await compiled('probe');
  });
  const ask = (what: string, rest: string | Uint8Array = '', more: HostRun = {}) =>
    runOnHost(probe, { ...more, input: Buffer.concat([Buffer.from(what), Buffer.from(rest)]) });
  const answer = (what: string, rest: string | Uint8Array = '', more: HostRun = {}): unknown => {
    const run = ask(what, rest, more);
    assert.equal(run.trap, null, JSON.stringify(run.log));
    assert.equal(run.code, 0, String(run.labels));
    return JSON.parse(run.text);
  };

  describe('JSON that is valid comes back without blanks', () => {
    const rows = [
      ['null'],
      ['true'],
      ['false'],
      ['0'],
      ['-1'],
      ['9223372036854775807'],
      ['-9223372036854775808'],
      ['9223372036854775808'],
      ['123456789012345678901234567890'],
      ['-0'],
      ['0.0'],
      ['1.50'],
      ['1E+2'],
      ['-1.25e-300'],
      ['""'],
      ['"a\\u0000b"'],
      ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\"\\\\/\\b\\f\\n\\r\\t"'],
      ['"\\u00e4\\u20AC\\ud83d\\ude00"', '"ä€😀"'],
      ['"ä€😀\u007f\u0080\uffff"'],
      ['[]'],
      ['{}'],
      [' [ 1 , [ ] , { } ] \r\n\t', '[1,[],{}]'],
      ['{"b":1,"a":{"c":[null,true]},"b":2}'],
      ['{"":{"":[]}}'],
      [`${'['.repeat(128)}${']'.repeat(128)}`],
    ];
    for (const [text = '', expected = text] of rows) {
      it(text.length > 60 ? `${text.slice(0, 20)}…` : text, () => {
        assert.equal(ask('j', text).text, expected);
        assert.equal(ask('t', text).text, expected);
      });
    }
  });

  describe('JSON that is not valid is refused with a label and a place', () => {
    const rows: Array<[text: string | Uint8Array, error: string, offset: number]> = [
      ['', 'unexpected_end', 0],
      [' ', 'unexpected_end', 1],
      ['nul', 'unexpected_character', 0],
      ['nulL', 'unexpected_character', 0],
      ['True', 'unexpected_character', 0],
      ['01', 'invalid_number', 0],
      ['-', 'unexpected_end', 1],
      ['-a', 'invalid_number', 1],
      ['+1', 'unexpected_character', 0],
      ['.5', 'unexpected_character', 0],
      ['1.', 'unexpected_end', 2],
      ['1.e1', 'invalid_number', 2],
      ['1e', 'unexpected_end', 2],
      ['1e+', 'unexpected_end', 3],
      ['0x1', 'unexpected_character', 1],
      ['1 2', 'unexpected_character', 2],
      ['NaN', 'unexpected_character', 0],
      ['Infinity', 'unexpected_character', 0],
      ['[1,]', 'unexpected_character', 3],
      ['[,1]', 'unexpected_character', 1],
      ['[1 2]', 'unexpected_character', 3],
      ['[1', 'unexpected_end', 2],
      ['{"a":1,}', 'unexpected_character', 7],
      ['{"a" 1}', 'unexpected_character', 5],
      ['{a:1}', 'unexpected_character', 1],
      ["{'a':1}", 'unexpected_character', 1],
      ['{"a":}', 'unexpected_character', 5],
      ['{"a"', 'unexpected_end', 4],
      ['"abc', 'unexpected_end', 4],
      ['"abc\\"', 'unexpected_end', 6],
      ['"a\nb"', 'control_character', 2],
      ['"\\x41"', 'invalid_escape', 1],
      ['"\\u12g4"', 'invalid_escape', 1],
      ['"\\u12"', 'invalid_escape', 1],
      ['"\\ud800"', 'lone_surrogate', 1],
      ['"\\ud800\\u0041"', 'lone_surrogate', 1],
      ['"\\udc00"', 'lone_surrogate', 1],
      ['"\\ud800\\ud800"', 'lone_surrogate', 1],
      ['// comment\n1', 'unexpected_character', 0],
      ['\u{feff}1', 'unexpected_character', 0],
      [Buffer.from('"\xc3"', 'latin1'), 'invalid_utf8', 1],
      [Buffer.from('"\xc0\x80"', 'latin1'), 'invalid_utf8', 1],
      [Buffer.from('"\xe0\x80\x80"', 'latin1'), 'invalid_utf8', 1],
      [Buffer.from('"\xed\xa0\x80"', 'latin1'), 'invalid_utf8', 1],
      [Buffer.from('"\xf4\x90\x80\x80"', 'latin1'), 'invalid_utf8', 1],
      [Buffer.from('"\xff"', 'latin1'), 'invalid_utf8', 1],
      [`${'['.repeat(129)}${']'.repeat(129)}`, 'too_deep', 128],
      ['{"a":'.repeat(100_000), 'too_deep', 640],
    ];
    for (const [text, error, offset] of rows) {
      it(`${JSON.stringify(String(text).slice(0, 24))} is ${error}`, () => {
        assert.deepEqual(answer('j', text), { error, offset });
      });
    }
  });

  it('reads and writes what JSON.parse and JSON.stringify do', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        assert.equal(JSON.stringify(JSON.parse(ask('j', text).text)), JSON.stringify(JSON.parse(text)));
      }),
      { numRuns: 300 },
    );
  });

  it('refuses what JSON.parse refuses', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'u00',
      'e',
      '-',
      '1',
      '.',
      'true',
      ' ',
      '"a"',
      '0',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        const isError = /^\{"error":"[a-z_0-9]+","offset":\d+\}$/.test(ask('j', text).text);
        assert.equal(isError, !valid, text);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads numbers to the last bit', () => {
    const numbers = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 2000);
    const hard = [
      '1.5e308',
      '1e309',
      '1e-400',
      '2.47032822920623272e-324',
      '2.470328229206232721e-324',
      `1${'0'.repeat(400)}e-400`,
      `9007199254740993.${'0'.repeat(900)}1`,
      `0.${'0'.repeat(300)}${'7'.repeat(900)}`,
      5e-324,
      2.2250738585072014e-308,
      2.225073858507201e-308,
      1.7976931348623157e308,
      0.1,
      1e23,
      '9007199254740993',
      4.35,
      8.5e-22,
    ];
    const texts = [...numbers, ...hard].map((value) => (Object.is(value, -0) ? '-0' : String(value)));
    const bits = Buffer.from(ask('f', `[${texts.join(',')}]`).output);
    const wrong = texts.filter((text, index) => !Object.is(bits.readDoubleLE(index * 8), Number(text)));
    assert.deepEqual(wrong, []);
  });

  it('writes numbers that read back as the same', () => {
    const numbers = [
      ...fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), 2000),
      100,
      1e21,
      1e-7,
      0.1,
      5e-324,
    ];
    const bits = Buffer.alloc(numbers.length * 8);
    for (const [index, value] of numbers.entries()) bits.writeDoubleLE(value, index * 8);
    const read = answer('F', bits);
    assert.ok(Array.isArray(read));
    assert.deepEqual(
      numbers.filter((value, index) => read[index] !== value && !(value === 0 && read[index] === 0)),
      [],
    );
    assert.equal(ask('F', bits.subarray(2000 * 8, 2001 * 8)).text, '[100]');
  });

  describe('accessors answer with a fallback instead of a trap', () => {
    const nothing = {
      i64: -7,
      u64: null,
      f64: -7.5,
      string: 'none',
      bool: true,
      deep: false,
      first: null,
      firstName: '',
      outside: false,
      length: 0,
    };
    const rows: Array<[text: string, expected: object]> = [
      ['{}', { kind: 0 }],
      ['[1]', { kind: 0 }],
      ['nonsense', { kind: 0 }],
      ['{"a":null}', { kind: 2 }],
      ['{"a":false}', { kind: 3, bool: false }],
      ['{"a":5}', { kind: 4, i64: 5, u64: 5, f64: 5 }],
      ['{"a":-5}', { kind: 4, i64: -5, f64: -5 }],
      ['{"a":5.5}', { kind: 5, f64: 5.5 }],
      ['{"a":5e0}', { kind: 5, f64: 5 }],
      ['{"a":"five"}', { kind: 6, string: 'five' }],
      ['{"a":[7,8]}', { kind: 7, length: 2, first: 7 }],
      [
        '{"a":{"x":[0,0,0,{"y":null}]}}',
        { kind: 8, length: 1, deep: true, first: [0, 0, 0, { y: null }], firstName: 'x' },
      ],
      ['{"a":1,"a":2}', { kind: 4, i64: 2, u64: 2, f64: 2 }],
    ];
    for (const [text, expected] of rows) {
      it(text, () => assert.deepEqual(answer('a', text), { ...nothing, ...expected }));
    }
    it('unsigned numbers up to 2^64 - 1', () => {
      assert.match(ask('a', '{"a":18446744073709551615}').text, /"i64":-7,"u64":18446744073709551615,/);
      assert.match(ask('a', '{"a":9223372036854775808}').text, /"u64":9223372036854775808,/);
      assert.match(ask('a', '{"a":18446744073709551616}').text, /"u64":null,/);
    });
  });

  it('makes values', () => {
    assert.equal(
      ask('b').text,
      '{"b":-9223372036854775808,"a":[null,true,null],"s":"\\u0000\\b\\t\\n\\f\\r\\u001f\\"\\\\/\u007fä€😀\\udc00"}',
    );
  });

  it('fails with the first label, and writes no output', () => {
    const run = ask('e', 'rest');
    assert.deepEqual([run.code, run.labels, run.text], [1, ['first_label'], '']);
    assert.deepEqual(ask('?').labels, ['unknown_probe']);
  });

  it('logs at five levels, as UTF-8', () => {
    assert.deepEqual(ask('l').log, [
      [0, 'error'],
      [1, 'warn'],
      [2, 'grüß 😀 \ufffd'],
      [3, 'debug'],
      [4, 'trace'],
    ]);
  });

  it('says why it traps', () => {
    const outside = ask('p');
    assert.equal(outside.trap, 'unreachable');
    assert.match(outside.log.join(), /^0,Index out of range \(~lib\/typedarray\.ts:\d+:\d+\)$/);
    assert.match(ask('x').log.join(), /^0,thrown on purpose \(tasklets\/probe\.ts:\d+:\d+\)$/);
    for (const [rest, logged] of [
      ['a'.repeat(143), 'a'.repeat(143)],
      ['a'.repeat(144), `${'a'.repeat(143)}…`],
      ['€'.repeat(500), `${'€'.repeat(143)}…`],
    ] as const) {
      const [line] = ask('x', rest).log;
      assert.equal(line?.[1].replace(/ \(tasklets.*/, ''), `thrown on purpose${logged}`);
    }
  });

  it('reads its context, its clock and random numbers', () => {
    const context = { program: 'p', cell_id: 'c-1', mem_bytes: 32_768 };
    assert.deepEqual(answer('c', '', { context, startNanos: 1_700_000_000_000n }), {
      context,
      first: 1_700_000_000_000,
      second: 1_700_000_000_001,
    });
    assert.deepEqual(answer('r'), ['807060504030201', true, 19]);
  });

  it('uses fabric memory within the lease', () => {
    const lease = new Uint8Array(8);
    assert.deepEqual(answer('m', '', { lease }), {
      size: 8,
      written: 0,
      read: 0,
      past: -4,
      unsupported: false,
      bytes: [0, 1, 3],
    });
    assert.deepEqual([...lease], [0, 0, 1, 2, 3, 0, 0, 0]);
    assert.deepEqual(answer('m'), { size: -5, written: -5, read: -5, past: -5, unsupported: true, bytes: [0, 0, 0] });
  });

  it('takes and gives text, and refuses what is no text', async () => {
    const words = await compiled('words');
    assert.equal(runOnHost(words, { input: 'ü 😀 c' }).text, 'c 😀 ü');
    assert.deepEqual(runOnHost(words, { input: '' }).labels, ['no_words']);
    const broken = runOnHost(words, { input: Uint8Array.of(0x61, 0xff) });
    assert.deepEqual([broken.code, broken.labels, broken.output.length], [1, ['invalid_utf8'], 0]);
  });

  it('knows the types of compute by any name', async () => {
    assert.equal(runOnHost(await compiled('aliased'), { input: 'abc' }).text, '3 bytes');
  });
});
