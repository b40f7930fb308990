import assert from 'node:assert/strict';
import { adopt, destroy, remove, status } from '../../../../cli/commands/cloud.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

describe('grafos cloud', () => {
  let program: ScratchProgram;
  before(async () => {
    program = await scratchProgram('demo.wat', {});
  });
  after(() => program[Symbol.asyncDispose]());
  const context = () => recordedCommand(program.root);
  const files = { scheduler: 'https://127.0.0.1:1', ca: 'x', cert: 'x', key: 'x', tenant: 'acme' };

  it('knows aws, gcp and azure', async () => {
    const given = { provider: 'moon', name: 'edge', scheduler: files.scheduler };
    for (const call of [adopt(context(), { ...files, ...given }), remove(context(), given), destroy(context(), given)])
      await assert.rejects(call, { code: 'wrong_usage', message: '<provider> cannot be "moon".' });
  });

  it('removes only a cell that the program has', async () => {
    await assert.rejects(remove(context(), { provider: 'aws', scheduler: files.scheduler }), {
      code: 'cell_unknown',
      next: 'This program has no cell of aws.',
    });
  });

  it('makes and destroys no machine in azure', async () => {
    await assert.rejects(destroy(context(), { provider: 'azure', name: 'edge' }), { code: 'provider_cannot_make' });
  });

  it('refuses a name that no cell can have', async () => {
    await assert.rejects(destroy(context(), { provider: 'aws', name: 'No Name' }), { code: 'wrong_usage' });
  });

  it('shows that no cell was made from here', async () => {
    const command = context();
    assert.equal(await status(command, {}), 0);
    assert.deepEqual(command.out.values, [[]]);
    assert.deepEqual(command.out.lines, ['no cell was made from here; those of an account: grafos cloud list aws']);
  });
});
