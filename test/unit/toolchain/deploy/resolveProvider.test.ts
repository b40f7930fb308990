import assert from 'node:assert/strict';
import { createCommandTree, parse } from '../../../../cli/createCommandTree.ts';
import { Output } from '../../../../cli/output.ts';
import { DAEMON_NAMES, type DaemonName } from '../../../../daemons/wire/devState.ts';
import { CLOUD_PROVIDERS } from '../../../../toolchain/deploy/cloudCells.ts';
import {
  brokenStack,
  noCell,
  PROVIDERS,
  refuseLocalCell,
  resolveProvider,
} from '../../../../toolchain/deploy/resolveProvider.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

/** Asserts that the command line takes a command, and runs nothing of it. */
async function takes(command: string): Promise<void> {
  const [first, ...argv] = command.split(' ');
  assert.equal(first, 'grafos');
  const ran: string[] = [];
  const tree = createCommandTree(new Output({ json: true, color: 'never' }), argv, async ({ name }) => {
    ran.push(name);
  });
  await parse(tree, argv, true);
  assert.deepEqual(ran, [argv.slice(0, 2).join(' ')]);
}

describe('a stack of which daemons ended', () => {
  const rows: Array<[dead: DaemonName[], message: string, why: RegExp]> = [
    [['scheduler'], 'scheduler ended', /^The process is gone/],
    [['fabricbiosd', 'helper'], 'fabricbiosd and helper ended', /^The processes are gone/],
    [[...DAEMON_NAMES], 'fabricbiosd, scheduler and helper ended', /^The processes are gone/],
  ];
  for (const [dead, message, why] of rows) {
    it(`is broken: ${message}`, () => {
      const error = brokenStack(dead, { state: '/p/dev.json', logs: '/p/logs' });
      assert.equal(error.message, `The local stack is broken: ${message}.`);
      assert.equal(error.code, 'runtime_not_ready');
      assert.match(error.why ?? '', why);
      assert.match(error.next ?? '', /grafos dev up .*\/p\/logs/);
    });
  }
});

describe('a provider without a cell', () => {
  for (const provider of CLOUD_PROVIDERS) {
    it(`is ${provider}, by its name, with commands that the command line takes`, async () => {
      await using folder = await temporaryFolder();
      await assert.rejects(resolveProvider(folder.path, provider), { code: 'runtime_not_ready' });
      const { message, why, next = '' } = noCell(provider);
      for (const text of [message, why, next]) {
        assert.match(text ?? '', new RegExp(provider));
        assert.doesNotMatch(text ?? '', /PROVIDER|<provider>/);
      }
      const lines = next.split('\n');
      // A cell of one's own comes first, where grafos can make one.
      const ways = provider === 'azure' ? ['Add one that runs'] : ['Make one', 'Or add one that runs'];
      assert.deepEqual(
        lines.map((line) => line.split(': ')[0]),
        ways,
      );
      for (const line of lines) await takes(line.replace(/^[^:]+: /, ''));
    });
  }

  it('is the local stack where none was started, and it has one cell', async () => {
    await using folder = await temporaryFolder();
    await assert.rejects(resolveProvider(folder.path, 'local'), {
      code: 'runtime_not_ready',
      message: 'The local stack does not run.',
    });
    assert.doesNotThrow(() => refuseLocalCell(undefined));
    assert.throws(() => refuseLocalCell('eu'), { code: 'wrong_usage' });
    await assert.rejects(resolveProvider(folder.path, 'skynet'), (error: Error & { next?: string }) =>
      PROVIDERS.every((name) => error.next?.includes(name)),
    );
  });
});
