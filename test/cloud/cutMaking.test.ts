import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import type { Fault, RecordedCall } from '../fakeCloud/faults.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { cloudSetup } from '../helpers/cloudSetup.ts';
import { destroyed, kindsOf, makeUntilKey, WHOLE } from '../helpers/madeUntilKey.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();

for (const provider of ['aws', 'gcp'] as const) {
  describe(`making a cell in ${provider}, cut off${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    for (const fault of ['kill-before', 'kill-after'] as const) {
      it(`goes on after ${fault} at each remote call, makes nothing twice, and leaves nothing`, async function () {
        this.timeout(2_400_000);
        let points = 0;
        for (let at = 1; ; at += 1) {
          await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50 });
          if ((await makeUntilKey(setup, provider, (call) => (call.number === at ? fault : undefined))) === 'whole')
            break;
          points += 1;
          assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole');
          assert.deepEqual(kindsOf(setup, provider), WHOLE[provider], `${fault} at call ${at}`);
          await destroyed(setup, provider);
        }
        assert.ok(points >= 10, `${points} points`);
      });
    }

    for (const fault of ['lost', 'error', 'throttle'] as const) {
      it(`gets over ${fault} at the first try of each call`, async function () {
        this.timeout(600_000);
        await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50 });
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
      await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50 });
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
