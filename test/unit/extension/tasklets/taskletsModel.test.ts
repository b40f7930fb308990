import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../../../extension/runCli.ts';
import { TaskletsModel } from '../../../../extension/tasklets/taskletsModel.ts';
import { loadProgram } from '../../../../program/loadProgram.ts';
import { newTasklet } from '../../../../toolchain/newProgram/newTasklet.ts';
import { validate } from '../../../../toolchain/validate/validate.ts';
import { scratchProgram } from '../../../helpers/scratchProgram.ts';

const ECHO = 'export function compute(input: Uint8Array): Uint8Array {\n  return input;\n}\n';

const packageFolder = join(import.meta.dirname, '../../../..');

const signal = () => AbortSignal.timeout(30_000);

const scratch = () => scratchProgram('tasklets/demo.ts', { 'tasklets/demo.ts': ECHO });

describe('the tasklets of a program', function () {
  this.timeout(60_000);

  it('tells of the build, of what changed, and of a manifest that cannot be read', async () => {
    await using program = await scratch();
    using model = new TaskletsModel(program.root);
    assert.equal(model.hasTasklets, undefined);
    const changes: Array<string | undefined> = [];
    model.onChanged((entry) => changes.push(entry?.tasklet.name));
    await model.refresh();
    assert.deepEqual(changes, [undefined]);
    assert.equal(model.entries[0]?.state, 'missing');
    await runCli({ packageFolder, cwd: program.root, args: ['tasklet', 'build'], signal: signal() });
    await model.refresh();
    assert.equal(model.entries[0]?.state, 'built');
    await program.write('tasklets/demo.ts', `${ECHO}\n// another\n`);
    await model.refresh();
    assert.equal(model.entries[0]?.state, 'stale');
    // One tasklet changed: not the list.
    assert.deepEqual(changes, [undefined, 'demo', 'demo']);
    await model.refresh();
    assert.equal(changes.length, 3);
    await program.write('grafos.toml', '[program\n');
    await model.refresh();
    assert.ok(model.problem);
    assert.equal(model.entries.length, 1);
  });

  it('gets another one that is whole, and refuses what is there', async () => {
    await using program = await scratch();
    const made = await newTasklet(program.program, 'second', 'assemblyscript');
    assert.deepEqual(
      (await validate(program.root)).filter(({ severity }) => severity === 'error'),
      [],
    );
    assert.equal(loadProgram(program.root).manifest.tasklets[1]?.name, 'second');
    assert.equal(made.source, join(program.root, 'tasklets', 'second.ts'));
    const before = await readFile(join(program.root, 'grafos.toml'), 'utf8');
    await assert.rejects(newTasklet(loadProgram(program.root), 'second', 'wat'), { code: 'tasklet_exists' });
    await assert.rejects(newTasklet(program.program, 'Second', 'wat'), { code: 'name_invalid' });
    // Not in this older reading of the manifest, but on the disk.
    await assert.rejects(newTasklet(program.program, 'second', 'assemblyscript'), { code: 'file_exists' });
    assert.equal(await readFile(join(program.root, 'grafos.toml'), 'utf8'), before);
  });
});
