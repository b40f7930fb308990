import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { keptBundle } from '../../toolchain/cloud/keptBundle.ts';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import type { Fault, RecordedCall } from '../fakeCloud/faults.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { cutInTurn } from '../helpers/cutInTurn.ts';
import { ASKS_FOR_KEY, destroyed, isRead, kindsOf, makeUntilKey, WHOLE } from '../helpers/madeUntilKey.ts';

/** No machine boots: all of this happens before a machine tells its key. */
const QUICK = { startMachine: silentMachine, lagMs: 50, stepMs: 5 };
/** Calls that differ, by name or by the state of the account, in making and in destroying. */
const PLACES = { aws: 9, gcp: 20 };
/** Laptops at once: a command waits for its cloud most of the time. */
const LAPTOPS = 4;

const missing = debianMachinesMissing() ?? awsModelsMissing();

for (const provider of ['aws', 'gcp'] as const) {
  describe(`making a cell in ${provider}, cut off${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(async function () {
      if (missing !== undefined) this.skip();
      this.timeout(120_000);
      // It is packed once for all the commands below.
      await keptBundle('linux-x64', new AbortController().signal, () => {});
    });

    it('is one whole cell after kills at each call and each write in turn, and goes after as many', async function () {
      this.timeout(600_000);
      // Each of some hundred places is a process of its own, so the two are cut side by side.
      for (const ended of await Promise.allSettled([cutWhileMade(provider), cutWhileDestroyed(provider)]))
        if (ended.status === 'rejected') throw ended.reason;
    });

    for (const side of ['before', 'after'] as const) {
      it(`goes on after a kill ${side} each remote call that changes something`, async function () {
        this.timeout(600_000);
        await cutAtEach(provider, provider === 'aws' ? 1 : 5, (setup, at) =>
          makeUntilKey(setup, provider, changeAt(at, `kill-${side}`)),
        );
      });

      it(`goes on after a kill ${side} each write of its notes reaches the disk`, async function () {
        this.timeout(600_000);
        await cutAtEach(provider, 2, (setup, at) =>
          makeUntilKey(setup, provider, () => undefined, { GRAFOS_CUT_WRITE: `${at} ${side}` }),
        );
      });
    }

    for (const fault of ['lost', 'error', 'throttle'] as const) {
      it(`gets over ${fault} at the first try of each call`, async function () {
        this.timeout(600_000);
        await using setup = await cloudSetup(QUICK);
        const hit = new Set<string>();
        const faultAt = ({ name }: RecordedCall): Fault | undefined => {
          if (hit.has(name)) return undefined;
          hit.add(name);
          return fault;
        };
        assert.equal(await makeUntilKey(setup, provider, faultAt), 'whole');
        assert.deepEqual(kindsOf(setup, provider), WHOLE[provider]);
        hit.clear();
        setup.cloud.faultAt = faultAt;
        await destroyed(setup, provider);
        assert.ok(hit.size >= 8, [...hit].join());
      });
    }

    it('is found and removed without its notes, and from another folder', async function () {
      this.timeout(600_000);
      await using setup = await cloudSetup(QUICK);
      assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole');
      await rm(join(setup.program.path, '.grafos/cloud'), { recursive: true });
      const listed = await setup.run(['cloud', 'list', provider, '--json']);
      assert.deepEqual(
        JSON.parse(listed.stdout).map(({ name, state }: { name: string; state: string }) => [name, state]),
        [['edge', 'made']],
      );
      await destroyed(setup, provider);
    });
  });
}

/** A stack that takes its time is also met half made. */
const SLOW = { ...QUICK, stepMs: 100 };

const cellWords = (provider: 'aws' | 'gcp') => [provider, '--name', 'edge', '--yes', '--json'];

async function cutWhileMade(provider: 'aws' | 'gcp'): Promise<void> {
  await using setup = await cloudSetup(SLOW);
  const made = await cutInTurn(setup, provider, ['cloud', 'provision', ...cellWords(provider)], ASKS_FOR_KEY);
  assert.equal(made.last.signal, 'SIGKILL', made.last.stdout + made.last.stderr);
  assert.deepEqual(kindsOf(setup, provider), WHOLE[provider]);
  assert.ok(made.calls.length >= PLACES[provider], made.calls.join('\n'));
  // The CA, the pairs of admin and tenant, and two steps of the notes, each before and after.
  assert.ok(made.writes.length >= 16, made.writes.join('\n'));
  await destroyed(setup, provider);
}

async function cutWhileDestroyed(provider: 'aws' | 'gcp'): Promise<void> {
  await using setup = await cloudSetup(SLOW);
  assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole');
  const gone = await cutInTurn(setup, provider, ['cloud', 'destroy', ...cellWords(provider)]);
  assert.equal(gone.last.code, 0, gone.last.stdout + gone.last.stderr);
  assert.deepEqual(JSON.parse(gone.last.stdout).left, []);
  assert.deepEqual(kindsOf(setup, provider), []);
  assert.ok(gone.calls.length >= PLACES[provider], gone.calls.join('\n'));
  // The notes are written, and removed.
  assert.equal(gone.writes.length, 4, gone.writes.join('\n'));
}

/**
 * Cuts at the first place, the second, and so on, each with a laptop and an account of its own. The
 * same command makes one whole cell then, and destroying leaves nothing.
 *
 * @param least places that there are at least
 * @param cut ends a command at a place; `whole` where there is no such place any more
 */
async function cutAtEach(
  provider: 'aws' | 'gcp',
  least: number,
  cut: (setup: CloudSetup, at: number) => Promise<'whole' | 'cut'>,
): Promise<void> {
  let [next, points, isOver] = [1, 0, false];
  const laptop = async () => {
    while (!isOver) {
      const at = next;
      next += 1;
      await using setup = await cloudSetup(QUICK);
      const ended = await cut(setup, at);
      if (ended === 'whole') isOver = true;
      else {
        points += 1;
        assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole', `after cut ${at}`);
        assert.deepEqual(kindsOf(setup, provider), WHOLE[provider], `after cut ${at}`);
      }
      await destroyed(setup, provider);
    }
  };
  await Promise.all(Array.from({ length: LAPTOPS }, laptop));
  assert.ok(points >= least, `${points} places`);
}

/** The fault at the change of that number; a call that only reads is none. */
function changeAt(at: number, fault: Fault): (call: RecordedCall) => Fault | undefined {
  let changes = 0;
  return (call) => {
    if (isRead(call)) return undefined;
    changes += 1;
    return changes === at ? fault : undefined;
  };
}
