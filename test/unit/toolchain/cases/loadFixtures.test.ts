import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../../../base/limits.ts';
import { ProgramReader } from '../../../../program/programReader.ts';
import { loadFixtures } from '../../../../toolchain/cases/loadFixtures.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

describe('the cases of a tasklet', () => {
  let program: Awaited<ReturnType<typeof scratchProgram>>;
  const load = (wanted?: ReadonlySet<string>) => loadFixtures(new ProgramReader(program.root), program.tasklet, wanted);
  const put = async (files: Record<string, string | Uint8Array>) => {
    for (const [name, content] of Object.entries(files)) await program.write(`fixtures/demo/${name}`, content);
  };
  /** Code and message of the fault of the only case. */
  const fault = async () => {
    const [one, ...more] = await load();
    assert.ok(one !== undefined && 'fault' in one && more.length === 0);
    return `${one.fault.code} ${one.fault.message} ${one.fault.why}`;
  };

  beforeEach(async () => {
    program = await scratchProgram('a.wat', {});
  });
  afterEach(async () => await program[Symbol.asyncDispose]());

  it('are none where there is no folder, or nothing expected in it', async () => {
    assert.deepEqual(await load(), []);
    await put({ 'a.input.json': '1', 'notes.md': '' });
    assert.deepEqual(await load(), []);
  });

  it('come with input and expectation, in the order of their names', async () => {
    await put({
      'b.input.bin': Uint8Array.of(0, 255),
      'b.expected.json': '{"$error": "no_luck"}',
      'a.b.input.json': '{"x": 1}',
      'a.b.expected.json': '[12345678901234567890]',
    });
    const [first, second] = await load();
    assert.ok(first !== undefined && 'input' in first && second !== undefined && 'input' in second);
    assert.deepEqual(
      [first.name, Buffer.from(first.input).toString(), first.expected.kind],
      ['a.b', '{"x": 1}', 'json'],
    );
    assert.deepEqual(first.inputFile, join(program.root, 'fixtures/demo/a.b.input.json'));
    assert.deepEqual(
      [second.name, [...second.input], second.expected],
      ['b', [0, 255], { kind: 'error', label: 'no_luck' }],
    );
  });

  it('are those that are wanted', async () => {
    await put({ 'a.input.json': '1', 'a.expected.json': '1', 'b.input.json': '2', 'b.expected.json': '{' });
    assert.deepEqual(
      (await load(new Set(['a', 'other']))).map(({ name }) => name),
      ['a'],
    );
  });

  it('have JSON as UTF-8 without a mark, whatever an editor saved, and bytes as they are', async () => {
    const utf16 = Buffer.from('\ufeff"grüße"', 'utf16le');
    await put({
      'a.input.json': '\ufeff"ü"',
      'b.input.json': utf16,
      'c.input.bin': utf16,
      'd.input.json': Uint8Array.of(0xff, 0x00, 0xfe),
    });
    for (const name of ['a', 'b', 'c', 'd']) await put({ [`${name}.expected.json`]: name === 'b' ? utf16 : '1' });
    const inputs = (await load()).map((one) => ('input' in one ? Buffer.from(one.input) : one.fault.message));
    assert.deepEqual(inputs, [Buffer.from('"ü"'), Buffer.from('"grüße"'), utf16, Buffer.of(0xff, 0x00, 0xfe)]);
  });

  it('are broken one by one: the others are loaded', async () => {
    await put({
      'a.expected.json': '1',
      'b.input.json': '1',
      'b.expected.json': '2',
      'c.input.json': '1',
      'c.expected.json': '{',
    });
    assert.deepEqual(
      (await load()).map((one) => ('fault' in one ? `${one.name} ${one.fault.code}` : one.name)),
      ['a fixture_invalid', 'b', 'c fixture_invalid'],
    );
  });

  const faults: Array<[what: string, files: Record<string, string | Uint8Array>, says: RegExp]> = [
    ['no input', { 'a.expected.json': '1' }, /no input.*Neither a\.input\.json nor a\.input\.bin/],
    ['two inputs', { 'a.expected.json': '1', 'a.input.json': '', 'a.input.bin': '' }, /two inputs.*both there/],
    ['an expectation that is no JSON', { 'a.expected.json': '{', 'a.input.json': '' }, /cannot be read/],
    ['an empty expectation', { 'a.expected.json': '', 'a.input.json': '' }, /cannot be read/],
    [
      'an expectation that is no text',
      { 'a.expected.json': Uint8Array.of(0xff, 0), 'a.input.json': '' },
      /cannot be read/,
    ],
    ['an expectation of an odd kind', { 'a.expected.json': '{"$eror": "x"}', 'a.input.json': '' }, /\$error/],
    ['an expectation nested too deep', { 'a.expected.json': '['.repeat(5000), 'a.input.json': '' }, /deeper than/],
    [
      'too large an input',
      { 'a.expected.json': '1', 'a.input.bin': new Uint8Array(LIMITS.input + 1) },
      /too large.*at most/,
    ],
  ];
  for (const [what, files, says] of faults) {
    it(`are broken with ${what}`, async () => {
      await put(files);
      const text = await fault();
      assert.match(text, /^fixture_invalid/);
      assert.match(text, says);
    });
  }

  it('are broken by a file that is a folder or leads out of the program', async () => {
    await put({ 'a.expected.json': '1' });
    await mkdir(join(program.root, 'fixtures/demo/a.input.json'));
    assert.match(await fault(), /^not_a_file/);
    await using other = await scratchProgram('a.wat', { 'secret.json': '"secret"' });
    await program.write('fixtures/demo/b.input.json', '1');
    await symlink(join(other.root, 'secret.json'), join(program.root, 'fixtures/demo/b.expected.json'));
    const [, second] = await load();
    assert.ok(second !== undefined && 'fault' in second);
    assert.equal(second.fault.code, 'file_outside_program');
    assert.equal(`${second.fault.message} ${second.fault.why}`.includes('"secret"'), false);
  });

  it('are an error as a whole where their folder is a file', async () => {
    await program.write('fixtures/demo', '');
    await assert.rejects(load(), { name: 'GrafosError' });
  });
});
