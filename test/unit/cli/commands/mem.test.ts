import assert from 'node:assert/strict';
import { join } from 'node:path';
import { read, watch, write } from '../../../../cli/commands/mem.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

const RUN = '01m8k051vmztccwj2af9z02wj3';

describe('grafos mem', () => {
  let program: ScratchProgram;
  before(async () => {
    program = await scratchProgram('demo.wat', { 'bytes.bin': 'abc' });
  });
  after(() => program[Symbol.asyncDispose]());
  const context = () => recordedCommand(program.root);

  it('refuses offsets and lengths that are no sizes', async () => {
    const file = join(program.root, 'bytes.bin');
    const calls = [
      read(context(), { runId: RUN, offset: 'x' }),
      read(context(), { runId: RUN, offset: '0', length: '1KB' }),
      watch(context(), { runId: RUN, offset: '-1' }),
      watch(context(), { runId: RUN, offset: '0', length: 'all' }),
      write(context(), { runId: RUN, offset: '1 2', file }),
    ];
    for (const call of calls) await assert.rejects(call, { code: 'wrong_usage' });
  });

  it('refuses what is no id of a run', async () => {
    for (const call of [read, watch])
      await assert.rejects(call(context(), { runId: '../run', offset: '0' }), { code: 'wrong_usage' });
  });

  it('reads the file before it asks for the memory', async () => {
    const call = write(context(), { runId: RUN, offset: '0', file: join(program.root, 'nowhere.bin') });
    await assert.rejects(call, { code: 'no_such_file' });
  });

  it('says that no stack runs', async () => {
    const file = join(program.root, 'bytes.bin');
    for (const call of [
      read(context(), { runId: RUN, offset: '0' }),
      watch(context(), { runId: RUN, offset: '0' }),
      write(context(), { runId: RUN, offset: '0', file }),
    ])
      await assert.rejects(call, { code: 'runtime_not_ready' });
  });
});
