import assert from 'node:assert/strict';
import { doctor, down, logs, restore, status } from '../../../../cli/commands/dev.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

describe('grafos dev, without a stack', () => {
  let program: ScratchProgram;
  before(async () => {
    program = await scratchProgram('demo.wat', {});
  });
  after(() => program[Symbol.asyncDispose]());
  const context = () => recordedCommand(program.root);

  it('status says how to start it, and ends with 3', async () => {
    const command = context();
    assert.equal(await status(command, {}), 3);
    assert.deepEqual(command.out.lines, ['stopped  start it: grafos dev up']);
    assert.deepEqual(command.out.values, [{ state: 'stopped', dead: [], leased_bytes: null, dev: null }]);
  });

  it('status has no bearer to show', async () => {
    await assert.rejects(status(context(), { bearer: true }), { code: 'runtime_not_ready' });
  });

  it('down has nothing to stop', async () => {
    const command = context();
    await down(command);
    assert.deepEqual(command.out.lines, ['no local stack was running']);
    assert.deepEqual(command.out.notes, []);
  });

  it('logs shows each daemon without lines', async () => {
    const command = context();
    assert.equal(await logs(command, { lines: '5' }), 0);
    const [shown] = command.out.values as [Array<{ daemon: string; lines: string[] }>];
    assert.deepEqual(
      shown.map(({ daemon, lines }) => [daemon, lines]),
      [
        ['fabricbiosd', []],
        ['scheduler', []],
        ['helper', []],
      ],
    );
    assert.equal(command.out.lines.filter((line) => line === 'no lines').length, 3);
  });

  it('logs refuses a daemon and a count that are none', async () => {
    await assert.rejects(logs(context(), { daemon: 'cell', lines: '5' }), { code: 'wrong_usage' });
    await assert.rejects(logs(context(), { lines: 'all' }), { code: 'wrong_usage' });
  });

  it('restore refuses a folder that was not set aside', async () => {
    await assert.rejects(restore(context(), { folder: 'elsewhere' }), { code: 'not_set_aside' });
  });

  it('doctor finds that it does not run', async () => {
    const command = context();
    assert.equal(await doctor(command), 1);
    assert.match(command.out.lines.join('\n'), /^fail {2}.*\n {25}next: .*grafos dev up/m);
    assert.match(command.out.lines.join('\n'), /^ok {4}store +none yet; the first start makes it$/m);
  });
});
