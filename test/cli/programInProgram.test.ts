import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { grafos } from '../helpers/grafosCommand.ts';
import { programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';

describe('a program that is made inside another', () => {
  const warning = /inner lies inside another program, .*\n.*\n.*\[\[tasklet\]\]/;
  for (const [place, cwd, folder] of [
    ['below a folder that is not there yet', '.', 'below/inner'],
    ['beside its tasklets', '.', 'inner'],
    ['from a folder of it', 'src', '../deep/inner'],
    ['by an absolute path', '.', '/inner'],
    ['in an empty folder, as "."', 'inner', '.'],
  ] as const)
    it(`${place} is warned of`, async () => {
      await using program = await programOf(watProgram('hello'));
      await mkdir(join(program.path, cwd), { recursive: true });
      const where = folder.startsWith('/') ? join(program.path, folder) : folder;
      const made = await grafos(['new', where, '--name', 'inner'], { cwd: join(program.path, cwd) });
      assert.match(made.stderr, warning);
      assert.equal(made.code, 0);
    });
  it('is none beside it, or alone', async () => {
    await using folder = await temporaryFolder();
    assert.equal((await grafos(['new', 'alone'], { cwd: folder.path })).stderr, '');
    assert.equal((await grafos(['new', '../beside'], { cwd: join(folder.path, 'alone') })).stderr, '');
  });
});
