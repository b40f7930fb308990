import assert from 'node:assert/strict';
import { RUN_COMMANDS } from '../../../cli/runCommands.ts';

describe('the commands about runs', () => {
  for (const { name, args = [], options = [], load } of RUN_COMMANDS) {
    it(`${name} goes to the cell that is named, and has a function to run`, async () => {
      const flags = options.map((option) => option.flags.split(' ')[0]);
      assert.ok(flags.includes('--provider') && flags.includes('--cell'), flags.join(', '));
      assert.equal(new Set(flags).size, flags.length, flags.join(', '));
      assert.equal(typeof (await load()), 'function');
      // All but the list are about one run.
      assert.equal(args[0]?.name ?? '', name === 'runs list' ? '' : '<run-id>');
    });
  }
});
