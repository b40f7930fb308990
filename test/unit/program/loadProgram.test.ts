import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadProgram } from '../../../program/loadProgram.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const PROGRAM = '[program]\nname = "demo"\nversion = "0.1.0"\n';

const tasklet = (name: string, source: string, more = '') =>
  `[[tasklet]]\nname = "${name}"\nsource = "${source}"\n${more}`;

async function program(root: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

describe('loading a program', () => {
  it('goes up to the nearest manifest', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, { 'grafos.toml': PROGRAM + tasklet('a', 'a.wat'), 'x/y/z.txt': '' });
    assert.equal(loadProgram(join(folder.path, 'x/y')).root, folder.path);
    assert.equal(loadProgram(join(folder.path, 'not/there')).manifest.tasklets[0]?.output, 'build/a.wasm');
  });

  for (const [what, text, code] of [
    ['none', null, 'manifest_missing'],
    ['a broken one', '[program', 'manifest_invalid'],
    ['a faulty one', 'x = 1', 'manifest_invalid'],
    ['a binary one', Uint8Array.of(0xff), 'manifest_unreadable'],
  ] as const) {
    it(`refuses ${what}, with what to do`, async () => {
      await using folder = await temporaryFolder();
      if (text !== null) await program(folder.path, { 'grafos.toml': text });
      assert.throws(
        () => loadProgram(folder.path),
        (error: { code: string; exitCode: number; next?: string }) => {
          assert.deepEqual([error.code, error.exitCode], [code, 2]);
          assert.ok(error.next);
          return true;
        },
      );
    });
  }

  it('says where the manifest is faulty', async () => {
    await using folder = await temporaryFolder();
    await program(folder.path, { 'grafos.toml': `${PROGRAM}feul = 1\n` });
    assert.throws(() => loadProgram(folder.path), /grafos\.toml:4:1: \[program\] has no "feul"/);
    assert.equal(await readFile(join(folder.path, 'grafos.toml'), 'utf8'), `${PROGRAM}feul = 1\n`);
  });
});
