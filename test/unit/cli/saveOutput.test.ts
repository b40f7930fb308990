import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveOutput } from '../../../cli/saveOutput.ts';
import type { ShownOutput } from '../../../toolchain/output/shownOutput.ts';
import { RecordedOutput } from '../../helpers/recordedCommand.ts';
import { temporaryFolder } from '../../helpers/temporaryFolder.ts';

const shown = (state: string, bytes: Uint8Array | null) =>
  ({ bytes, response: { run_id: 'r-1', state } }) as unknown as ShownOutput;

describe('the output of a run', () => {
  it('goes to its file as the tasklet wrote it', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'out');
    const out = new RecordedOutput();
    await saveOutput(out, file, shown('succeeded', Uint8Array.of(0, 255, 10)));
    assert.deepEqual(await readFile(file), Buffer.of(0, 255, 10));
    assert.deepEqual(out.notes, []);
  });

  it('is none of a run that failed, and the file stays as it was', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'out');
    await writeFile(file, 'before');
    const out = new RecordedOutput();
    await saveOutput(out, file, shown('failed', null));
    assert.equal(await readFile(file, 'utf8'), 'before');
    assert.deepEqual(out.notes, [`the run has no output: ${file} was not written`]);
  });

  it('that cannot be written says where the run is kept', async () => {
    await using folder = await temporaryFolder();
    const wanted = { code: 'not_a_file', next: /grafos runs show r-1 --output FILE$/ };
    await assert.rejects(saveOutput(new RecordedOutput(), folder.path, shown('succeeded', Uint8Array.of(1))), wanted);
  });
});
