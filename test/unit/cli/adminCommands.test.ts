import assert from 'node:assert/strict';
import { ADMIN_COMMANDS } from '../../../cli/adminCommands.ts';
import { DIRECT } from '../../../cli/directOptions.ts';

/** Commands that work on files of the administrator alone, and reach no scheduler. */
const OFFLINE = ['admin init-ca', 'admin issue-cert', 'admin issue-server-cert'];

const flagsOf = (name: string) =>
  ADMIN_COMMANDS.find((one) => one.name === name)?.options?.map(({ flags }) => flags.split(' ')[0]) ?? [];

describe('the commands of an administrator', () => {
  for (const { name } of ADMIN_COMMANDS) {
    const isOffline = OFFLINE.includes(name);
    it(`${name} ${isOffline ? 'reaches no scheduler' : 'takes a scheduler by hand'}`, () => {
      const direct = DIRECT.map(({ flags }) => flags.split(' ')[0]);
      assert.ok(direct.length > 0);
      const taken = flagsOf(name).filter((flag) => direct.includes(flag));
      // A certificate is issued by a CA, whose option has the name of another one's.
      assert.deepEqual(
        taken.filter((flag) => !isOffline || flag !== '--ca'),
        isOffline ? [] : direct,
      );
    });
  }

  it('each key and certificate that is made goes to a folder that is named', () => {
    for (const name of OFFLINE) {
      const options = ADMIN_COMMANDS.find((one) => one.name === name)?.options ?? [];
      const out = options.find(({ flags }) => flags === '--out <folder>');
      assert.equal(out?.required, true, name);
      assert.match(options.find(({ flags }) => flags === '--days <n>')?.default ?? '', /^\d+$/);
    }
  });
});
