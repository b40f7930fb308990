import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Run } from '../../../../daemons/wire/tenantApi.ts';
import { ShownRunMemory } from '../../../../extension/panel/shownRunMemory.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('the run that the panel shows', () => {
  const kept = (run_id: string) => ({
    root: '/p',
    provider: 'local' as const,
    isPinned: true,
    run: { run_id, response: { output: 'e30=', fuel_used: 1 } } as unknown as Run,
  });

  it('is on the disk at once, the last of several, and without its output', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'new', 'shownRun.json');
    const failures: Error[] = [];
    const memory = new ShownRunMemory(file, (error) => failures.push(error));
    assert.equal(await memory.read(), undefined);
    await Promise.all(['a', 'b', 'c'].map((id) => memory.keep(kept(id))));
    // Another window, which is opened again.
    const again = await new ShownRunMemory(file, () => {}).read();
    assert.ok(again !== undefined && 'run' in again);
    assert.equal(again.run.run_id, 'c');
    assert.equal(again.run.response?.output, null);
    assert.equal(again.isPinned, true);
    assert.deepEqual(failures, []);
  });

  it('is not known where the file is broken, or cannot be kept', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'shownRun.json');
    await writeFile(file, '{"root":');
    assert.equal(await new ShownRunMemory(file, () => {}).read(), undefined);
    const failures: Error[] = [];
    await new ShownRunMemory(join(file, 'below'), (error) => failures.push(error)).keep(kept('a'));
    assert.equal(failures.length, 1);
    await new ShownRunMemory(undefined, () => assert.fail()).keep(kept('a'));
  });
});
