import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { cloudSetup } from '../helpers/cloudSetup.ts';
import { cutInTurn } from '../helpers/cutInTurn.ts';
import { destroyed, kindsOf, WHOLE } from '../helpers/madeUntilKey.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();

/** Writes after the machine is there, each of which has a cut before it and one after it. */
const LATE = ['at enrol', 'at open', 'at adopt', 'cells.json', 'at done'];

for (const provider of ['aws', 'gcp'] as const) {
  describe(`making a cell in ${provider}, cut off up to the last write${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    // One machine serves all cuts: nothing of them changes it before it is enrolled, or after.
    it('is adopted once, and goes after kills at each call and each write in turn', async function () {
      this.timeout(900_000);
      await using setup = await cloudSetup();
      const cell = [provider, '--name', 'edge', '--yes', '--json'];
      const { last, calls, writes } = await cutInTurn(setup, provider, ['cloud', 'provision', ...cell]);
      assert.equal(last.code, 0, last.stdout + last.stderr);
      for (const late of LATE) {
        const cuts = writes.filter((write) => write.includes(late)).map((write) => write.split(', ')[1]);
        assert.deepEqual(cuts.sort(), ['after', 'before'], `${late}: ${writes.join('\n')}`);
      }
      assert.ok(
        calls.some((call) => /GetConsoleOutput|getGuestAttributes/.test(call)),
        calls.join('\n'),
      );
      // The rule of the door is taken back after the enrolment.
      const shut = provider === 'aws' ? /kill-after ec2 RevokeSecurity/ : /kill-after PATCH \S*firewalls/;
      assert.ok(
        calls.some((call) => shut.test(call)),
        calls.join('\n'),
      );
      assert.deepEqual(kindsOf(setup, provider), WHOLE[provider]);
      const cells = JSON.parse(
        await readFile(join(setup.program.path, `.grafos/cloud/${provider}-cells.json`), 'utf8'),
      );
      assert.equal(cells.length, 1);
      await destroyed(setup, provider);
    });
  });
}
