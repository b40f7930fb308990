import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { RunError } from '../../../../daemons/wire/runError.ts';
import { ProgramReader } from '../../../../program/programReader.ts';
import { compareOutcome } from '../../../../toolchain/cases/compareOutcome.ts';
import { lineDiff } from '../../../../toolchain/cases/lineDiff.ts';
import { loadFixtures } from '../../../../toolchain/cases/loadFixtures.ts';
import { readExpected } from '../../../../toolchain/cases/readExpected.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const failed = (label: string): RunError => ({
  code: 'tasklet_failed',
  message: 'The tasklet failed.',
  label,
  exit_code: 1,
});
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

describe('what a case expects', () => {
  const rows: Array<[name: string, expected: string, output: string, error: RunError | null, matches: boolean]> = [
    ['the same value', '{ "a": 1, "b": [1, 2] }', '{"b":[1,2],"a":1}', null, true],
    ['another order of items', '[1, 2]', '[2,1]', null, false],
    ['another value', '{"a":1}', '{"a":2}', null, false],
    ['one member more', '{"a":1}', '{"a":1,"b":null}', null, false],
    ['whole numbers past 2^53', '9007199254740993', '9007199254740993', null, true],
    ['whole numbers a double would round alike', '9007199254740993', '9007199254740992', null, false],
    ['a number written otherwise', '1.50', '1.5', null, true],
    ['output that is not JSON', '{}', 'hello', null, false],
    ['no output', 'null', '', null, false],
    ['text', '{"$text":"a\\nb"}', 'a\nb', null, true],
    ['another text', '{"$text":"a"}', 'a\n', null, false],
    ['bytes', '{"$base64":"YWI="}', 'ab', null, true],
    ['other bytes', '{"$base64":"YWI="}', 'ac', null, false],
    ['a digest', `{"$sha256":"${digest('abc')}","$bytes":3}`, 'abc', null, true],
    ['another digest', `{"$sha256":"${digest('abc')}","$bytes":3}`, 'abd', null, false],
    ['a label', '{"$error":"empty_append"}', '', failed('empty_append'), true],
    ['another label', '{"$error":"empty_append"}', '', failed('invalid_input'), false],
    ['success in place of a failure', '{"$error":"empty_append"}', '{}', null, false],
    ['failure in place of success', '{}', '{}', failed('x'), false],
    ['a run error', '{"$error":"fuel_exhausted"}', '', { code: 'fuel_exhausted', message: '' }, true],
    ['an error that is a value', '{"error":"x"}', '{"error":"x"}', null, true],
  ];
  for (const [name, expected, output, error, matches] of rows) {
    it(`${name}: ${matches ? 'the same' : 'a difference'}`, () => {
      const mismatch = compareOutcome(readExpected(expected), { output: Buffer.from(output), error });
      assert.equal(mismatch === null, matches, mismatch?.diff);
      if (mismatch !== null)
        assert.ok(mismatch.what.length > 10 && /^[-+]/m.test(mismatch.diff) && mismatch.expected !== mismatch.actual);
    });
  }

  for (const text of [
    '{"$error":1}',
    '{"$nope":"x"}',
    '{"$error":"a","$text":"b"}',
    '{"$base64":"*"}',
    '{"$sha256":"00","$bytes":1}',
    '{',
  ]) {
    it(`cannot be ${text}`, () => assert.throws(() => readExpected(text)));
  }

  it('shows the lines that differ', () => {
    assert.equal(lineDiff('a\nb\nc', 'a\nx\nc'), '  a\n- b\n+ x\n  c');
    assert.equal(lineDiff('a', 'a\nb'), '  a\n+ b');
    const mismatch = compareOutcome(readExpected('{"b":[1,2],"a":true}'), {
      output: Buffer.from('{"a":true,"b":[1,3]}'),
      error: null,
    });
    assert.equal(mismatch?.diff, '  {\n    "a": true,\n    "b": [\n      1,\n-     2\n+     3\n    ]\n  }');
  });
});

describe('loading cases', () => {
  const expected = '{ "$error": "x" }';
  it('finds them by name', async () => {
    await using scratch = await scratchProgram('demo.wat', {
      'fixtures/demo/b.input.bin': Uint8Array.of(0, 255),
      'fixtures/demo/b.expected.json': expected,
      'fixtures/demo/a.input.json': '{}',
      'fixtures/demo/a.expected.json': '{}',
      'fixtures/demo/no-expectation.input.json': '{}',
    });
    const cases = await loadFixtures(new ProgramReader(scratch.root), scratch.tasklet);
    assert.deepEqual(
      cases.map((one) => ('fault' in one ? one.fault : [one.name, [...one.input], one.expected.kind])),
      [
        ['a', [0x7b, 0x7d], 'json'],
        ['b', [0, 255], 'error'],
      ],
    );
  });

  it('finds none where there is no folder', async () => {
    await using scratch = await scratchProgram('demo.wat', {});
    assert.deepEqual(await loadFixtures(new ProgramReader(scratch.root), scratch.tasklet), []);
  });

  const bad: Array<[name: string, files: Record<string, string>]> = [
    ['without input', { 'fixtures/demo/a.expected.json': '{}' }],
    [
      'with two inputs',
      { 'fixtures/demo/a.expected.json': '{}', 'fixtures/demo/a.input.json': '1', 'fixtures/demo/a.input.bin': '1' },
    ],
    [
      'with an expectation that is not JSON',
      { 'fixtures/demo/a.expected.json': '{', 'fixtures/demo/a.input.json': '1' },
    ],
  ];
  for (const [name, files] of bad) {
    it(`refuses a case ${name}`, async () => {
      await using scratch = await scratchProgram('demo.wat', files);
      const [fixture] = await loadFixtures(new ProgramReader(scratch.root), scratch.tasklet);
      assert.ok(fixture !== undefined && 'fault' in fixture);
      assert.equal(fixture.fault.code, 'fixture_invalid');
      assert.ok(fixture.fault.next);
    });
  }
});
