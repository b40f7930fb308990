import assert from 'node:assert/strict';
import { cancel, list, logs, show, wait } from '../../../../cli/commands/runs.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

describe('grafos runs', () => {
  let program: ScratchProgram;
  before(async () => {
    program = await scratchProgram('demo.wat', {});
  });
  after(() => program[Symbol.asyncDispose]());
  const context = () => recordedCommand(program.root);

  it('lists 1 to 1000 runs', async () => {
    for (const limit of ['0', '1001', 'all'])
      await assert.rejects(list(context(), { provider: 'local', limit }), { code: 'wrong_usage' });
  });

  it('refuses a provider that is none', async () => {
    await assert.rejects(list(context(), { provider: 'moon', limit: '5' }), { code: 'provider_unknown' });
  });

  it('says that no stack ever ran', async () => {
    await assert.rejects(list(context(), { provider: 'local', limit: '5' }), { code: 'runtime_not_ready' });
  });

  for (const [name, call] of Object.entries({ show, logs, wait, cancel })) {
    it(`${name}: refuses what is no id of a run`, async () => {
      await assert.rejects(call(context(), { runId: '../../etc' }), { code: 'wrong_usage' });
    });
    it(`${name}: needs a stack that ran`, async () => {
      await assert.rejects(call(context(), { runId: '01m8k051vmztccwj2af9z02wj3' }), { code: 'runtime_not_ready' });
    });
  }
});
