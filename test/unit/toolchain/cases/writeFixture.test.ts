import assert from 'node:assert/strict';
import { lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ProgramReader } from '../../../../program/programReader.ts';
import { acceptOutput } from '../../../../toolchain/cases/acceptOutput.ts';
import { compareOutcome } from '../../../../toolchain/cases/compareOutcome.ts';
import { expectedText } from '../../../../toolchain/cases/expectedText.ts';
import { loadFixtures } from '../../../../toolchain/cases/loadFixtures.ts';
import { readExpected } from '../../../../toolchain/cases/readExpected.ts';
import { writeFixture } from '../../../../toolchain/cases/writeFixture.ts';
import { writeInProgram } from '../../../../toolchain/files/writeInProgram.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const scratch = () =>
  scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': 'export function compute(): void {}\n' });
const bytes = (text: string) => Buffer.from(text);

describe('writing a file of a program', () => {
  const rows: Array<
    [what: string, lay: (root: string, outside: string) => Promise<unknown>, path: string, to: string]
  > = [
    ['a file', async () => {}, 'a/b/c.json', 'a/b/c.json'],
    [
      'a link in its place',
      (root, outside) => symlink(join(outside, 'mine'), join(root, 'c.json')),
      'c.json',
      'c.json',
    ],
    ['a link that leads nowhere in its place', (root) => symlink('nowhere', join(root, 'c.json')), 'c.json', 'c.json'],
    [
      'a folder that is a link inside the program',
      async (root) => {
        await mkdir(join(root, 'real'));
        await symlink('real', join(root, 'a'));
      },
      'a/c.json',
      'real/c.json',
    ],
    ['a folder that is a link outside', (root, outside) => symlink(outside, join(root, 'a')), 'a/mine', ''],
    ['a folder below a link outside', (root, outside) => symlink(outside, join(root, 'a')), 'a/b/mine', ''],
    ['a path that leads upwards', async () => {}, 'a/../../mine', ''],
  ];
  for (const [what, lay, path, to] of rows) {
    it(`stays inside with ${what}`, async () => {
      await using outside = await temporaryFolder();
      await using program = await temporaryFolder();
      await writeFile(join(outside.path, 'mine'), 'mine');
      await lay(program.path, outside.path);
      const writing = writeInProgram(program.path, path, 'new');
      if (to === '') await assert.rejects(writing, { code: 'output_outside' });
      else {
        await writing;
        assert.equal((await lstat(join(program.path, to))).isFile(), true);
        assert.equal(await readFile(join(program.path, to), 'utf8'), 'new');
      }
      assert.deepEqual(await readdir(outside.path), ['mine']);
      assert.equal(await readFile(join(outside.path, 'mine'), 'utf8'), 'mine');
    });
  }
});

describe('what a fixture expects of a run that was saved', () => {
  const outputs: Array<[string, Uint8Array]> = [
    ['JSON', bytes('{"a":1}')],
    ['JSON with digits that no double holds', bytes('{"n":9007199254740993,"m":[123456789012345678901234567890]}')],
    ['JSON that looks like an expectation', bytes('{"$text":"a"}')],
    ['an empty object', bytes('{}')],
    ['text', bytes('grüß dich\n')],
    ['text with a byte order mark', bytes('\ufeff{"a":1}')],
    ['nothing', new Uint8Array()],
    ['bytes', Uint8Array.of(0, 1, 255)],
    ['many bytes', new Uint8Array(100_000).fill(200)],
    ['much text', bytes('long '.repeat(500_000))],
  ];
  for (const [title, output] of outputs) {
    it(`is fulfilled by ${title}, and by no other output`, () => {
      const expected = readExpected(expectedText({ output, error: null }));
      assert.equal(compareOutcome(expected, { output, error: null }), null);
      assert.notEqual(compareOutcome(expected, { output: bytes('another'), error: null }), null);
    });
  }

  it('is the label or the code of a failure', () => {
    const failure = { code: 'tasklet_failed', message: '', label: 'missing_name', exit_code: 1 } as const;
    const trap = { code: 'trap_unreachable', message: '' } as const;
    const output = new Uint8Array();
    for (const error of [failure, trap, { ...failure, label: null }]) {
      assert.equal(compareOutcome(readExpected(expectedText({ output, error })), { output, error }), null);
    }
  });

  it('tells two large whole numbers apart', () => {
    const expected = readExpected(expectedText({ output: bytes('9007199254740993'), error: null }));
    assert.notEqual(compareOutcome(expected, { output: bytes('9007199254740992'), error: null }), null);
  });
});

describe('a run that becomes a fixture', () => {
  it('is a case with its input, as JSON or as bytes, and another output can be accepted', async () => {
    await using program = await scratch();
    const { program: loaded, tasklet, root } = program;
    const json = { input: bytes('{"a": 1}'), output: bytes('1'), error: null };
    await writeFixture(loaded, tasklet, 'json', json);
    await writeFixture(loaded, tasklet, 'raw', { ...json, input: Uint8Array.of(0, 255) });
    const load = async () =>
      (await loadFixtures(new ProgramReader(root), tasklet)).map((fixture) => {
        assert.ok('input' in fixture, JSON.stringify(fixture));
        return fixture;
      });
    assert.deepEqual(
      (await load()).map(({ name, input }) => [name, Buffer.from(input).toString('hex')]),
      [
        ['json', Buffer.from('{"a": 1}').toString('hex')],
        ['raw', '00ff'],
      ],
    );
    await acceptOutput(loaded, tasklet, 'json', { output: bytes('2'), error: null });
    assert.deepEqual((await load())[0]?.expected, { kind: 'json', value: 2 });
    await assert.rejects(writeFixture(loaded, tasklet, 'json', json), { code: 'fixture_exists' });
    for (const [name, next] of [
      ['other', 'Save the run as a new fixture.'],
      ['jsno', 'Did you mean "json"? Save the run as a new fixture.'],
    ] as const)
      await assert.rejects(acceptOutput(loaded, tasklet, name, json), { code: 'fixture_unknown', next });
  });

  it('is written nowhere else: no name leads upwards, no link outside', async () => {
    await using program = await scratch();
    await using elsewhere = await temporaryFolder('grafos-elsewhere-');
    const outcome = { input: bytes(''), output: bytes('1'), error: null };
    for (const name of ['../up', 'a/b', '', '.', 'a b', '-x', 'x'.repeat(64)]) {
      await assert.rejects(
        writeFixture(program.program, program.tasklet, name, outcome),
        { code: 'name_invalid' },
        name,
      );
    }
    await rm(join(program.root, 'fixtures'), { recursive: true, force: true });
    await symlink(elsewhere.path, join(program.root, 'fixtures'));
    await assert.rejects(writeFixture(program.program, program.tasklet, 'one', outcome));
    await assert.rejects(readFile(join(elsewhere.path, 'demo/one.expected.json')), { code: 'ENOENT' });
  });
});
