import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../../base/packageRoot.ts';
import type { SchedulerClient } from '../../../daemons/tenant/schedulerClient.ts';
import { decodeExactText, decodeText, encodeText } from '../../../program/decodeText.ts';
import { findTasklet, loadProgram } from '../../../program/loadProgram.ts';
import { ProgramReader } from '../../../program/programReader.ts';
import { loadFixtures } from '../../../toolchain/cases/loadFixtures.ts';
import { runFixtures } from '../../../toolchain/cases/runFixtures.ts';
import { buildTasklet } from '../../../toolchain/compile/buildTasklet.ts';
import { validate } from '../../../toolchain/validate/validate.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const utf8 = (text: string) => Buffer.from(text);
const utf16le = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
const SAVED: Record<string, (text: string) => Buffer> = {
  'a byte order mark': (text) => utf8(`\uFEFF${text}`),
  'UTF-16, little end first': utf16le,
  'UTF-16, big end first': (text) => utf16le(text).swap16(),
  'carriage returns': (text) => utf8(text.replaceAll('\n', '\r\n')),
  'carriage returns alone': (text) => utf8(text.replaceAll('\n', '\r')),
};

/** Copies a recipe and saves every text file of it anew. */
async function resaved(folder: string, save: (text: string) => Buffer): Promise<string> {
  const root = join(folder, 'program');
  await cp(join(packageRoot, 'cookbook/local-dev'), root, {
    recursive: true,
    filter: (path) => !/build|\.grafos/.test(path),
  });
  const program = loadProgram(root);
  const files = ['grafos.toml', ...program.manifest.tasklets.map(({ source }) => source)];
  for (const tasklet of program.manifest.tasklets)
    for (const one of await loadFixtures(new ProgramReader(root), tasklet)) {
      files.push(one.expectedFile);
      if ('inputFile' in one && one.inputFile.endsWith('.json')) files.push(one.inputFile);
    }
  for (const file of files) {
    const path = file.startsWith(root) ? file : join(root, file);
    await writeFile(path, save(await readFile(path, 'utf8')));
  }
  return root;
}

describe('text files as editors save them', () => {
  it('are written again in the encoding that they had', () => {
    const text = 'fuel = 1 # grüß 😀\n';
    const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le');
    for (const before of [Buffer.from(text), Buffer.from(`\uFEFF${text}`), utf16, Buffer.from(utf16).swap16()]) {
      assert.deepEqual(Buffer.from(encodeText(text, before)), before);
      assert.equal(decodeText(encodeText('other', before)), 'other');
    }
  });

  it('are decoded by their mark, and bytes that are no text are not', () => {
    const text = 'ä€😀\r\n';
    const { 'carriage returns': _, 'carriage returns alone': __, ...marked } = SAVED;
    for (const save of [utf8, ...Object.values(marked)]) assert.equal(decodeText(save(text)), text);
    assert.equal(decodeText(utf8('')), '');
    // Only the first mark is one; the second is a character of the text.
    assert.equal(decodeText(utf8('\uFEFF\uFEFFa')), '\uFEFFa');
    for (const bytes of [[0xff], [0xc3, 0x28], [0xff, 0xfe, 0x41], [0xff, 0xfe, 0x00, 0xd8]])
      assert.equal(decodeText(Uint8Array.from(bytes)), null, bytes.join(' '));
  });

  for (const [name, save] of Object.entries(SAVED)) {
    it(`are a program like any other: ${name}`, async () => {
      await using folder = await temporaryFolder();
      const root = await resaved(folder.path, save);
      const program = loadProgram(root);
      const plain = loadProgram(join(packageRoot, 'cookbook/local-dev'));
      for (const tasklet of program.manifest.tasklets) {
        const { warnings } = await buildTasklet(program, tasklet);
        assert.deepEqual(warnings, []);
        assert.deepEqual(await validate(root), []);
        const cases = await loadFixtures(new ProgramReader(root), tasklet);
        const asWritten = await loadFixtures(new ProgramReader(plain.root), findTasklet(plain, tasklet.name));
        assert.ok(cases.length > 0);
        assert.equal(cases.length, asWritten.length);
        for (const [at, one] of cases.entries()) {
          const other = asWritten[at];
          if ('fault' in one) throw one.fault;
          assert.ok(other !== undefined && 'expected' in other);
          assert.deepEqual(one.expected, other.expected);
          if (!name.startsWith('carriage returns')) assert.deepEqual(Buffer.from(one.input), Buffer.from(other.input));
        }
      }
    });
  }

  it('have a line end in each carriage return, also in one that is alone, behind a comment', async () => {
    assert.equal(decodeText(utf8('a\rb\r\nc\r\rd\r')), 'a\nb\r\nc\n\nd\n');
    assert.equal(decodeExactText(utf8('a\rb')), 'a\rb');
    const sources: Array<[file: string, text: string]> = [
      ['a.ts', '// c\rexport function compute(input: string): string {\r  return nothing;\r}\r'],
      ['a.wat', ';; c\r(module\r  (func nothing))\r'],
    ];
    for (const [source, text] of sources) {
      await using folder = await temporaryFolder();
      const manifest = `[program]\r# of all\rname = "a"\rversion = "1.0.0"\r[[tasklet]]\rname = "a"\rsource = "${source}"\r`;
      await writeFile(join(folder.path, 'grafos.toml'), manifest);
      await writeFile(join(folder.path, source), text);
      const errors = (await validate(folder.path)).filter(({ severity }) => severity === 'error');
      assert.deepEqual(
        errors.map(({ file, range }) => [file, range.start.line]),
        [[join(folder.path, source), 2]],
      );
    }
  });

  it('leave the other cases alone where one cannot be read', async () => {
    await using folder = await temporaryFolder();
    const root = await resaved(folder.path, utf8);
    const program = loadProgram(root);
    const [tasklet] = program.manifest.tasklets;
    assert.ok(tasklet !== undefined);
    const before = (await loadFixtures(new ProgramReader(root), tasklet)).length;
    const bad = join(root, tasklet.fixtures, 'bad');
    await writeFile(`${bad}.input.json`, '1');
    await writeFile(`${bad}.expected.json`, Uint8Array.of(0x22, 0xff, 0x22));
    assert.deepEqual(
      (await validate(root)).filter(({ severity }) => severity === 'error').map(({ code }) => code),
      ['GRF4003'],
    );
    const cases = await loadFixtures(new ProgramReader(root), tasklet);
    assert.equal(cases.length, before + 1);
    const broken = cases.filter((one) => 'fault' in one);
    assert.deepEqual(
      broken.map(({ name }) => name),
      ['bad'],
    );
    // No client: a case that cannot be read reaches no cell.
    const { signal } = new AbortController();
    const results = await Array.fromAsync(runFixtures({} as SchedulerClient, program, tasklet, broken, signal));
    assert.equal(results.length, 1);
    assert.equal(results[0]?.passed, false);
    assert.equal(results[0]?.run_id, null);
    assert.match(results[0]?.mismatch?.what ?? '', /neither UTF-8 nor UTF-16/);
  });
});
