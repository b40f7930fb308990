import assert from 'node:assert/strict';
import { admissions, placements } from '../../../../cli/commands/records.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

describe('grafos admissions and placements', () => {
  let program: ScratchProgram;
  before(async () => {
    program = await scratchProgram('demo.wat', {});
  });
  after(() => program[Symbol.asyncDispose]());
  const context = () => recordedCommand(program.root);

  for (const [name, show] of Object.entries({ admissions, placements })) {
    it(`${name}: a reason that is none is refused, with all that there are`, async () => {
      await assert.rejects(show(context(), { limit: '5', reason: ['ok', 'mood'] }), ({ code, message, next }) => {
        assert.deepEqual([code, message], ['wrong_usage', '--reason "mood" is not a reason.']);
        assert.match(next, /^Choose from: ok, /);
        return true;
      });
    });

    it(`${name}: a limit is at least one`, async () => {
      await assert.rejects(show(context(), { limit: '0' }), { code: 'wrong_usage' });
    });

    it(`${name}: a provider and a scheduler do not go together`, async () => {
      await assert.rejects(show(context(), { limit: '5', provider: 'local', scheduler: 'https://127.0.0.1:1' }), {
        code: 'wrong_usage',
        message: '--scheduler does not go with --provider.',
      });
    });

    it(`${name}: a scheduler needs its three files`, async () => {
      await assert.rejects(show(context(), { limit: '5', scheduler: 'https://127.0.0.1:1' }), {
        code: 'wrong_usage',
        message: '--ca is missing.',
      });
    });

    it(`${name}: without either, the local stack is asked`, async () => {
      await assert.rejects(show(context(), { limit: '5' }), { code: 'runtime_not_ready' });
    });
  }
});
