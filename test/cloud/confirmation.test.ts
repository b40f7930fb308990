import assert from 'node:assert/strict';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { FakeCloud } from '../fakeCloud/fakeCloud.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { grafosTerminal, terminalMissing } from '../helpers/grafosTerminal.ts';
import { destroyed, isRead, kindsOf, makeUntilKey, WHOLE } from '../helpers/madeUntilKey.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();
const noTerminal = terminalMissing();
/** The end of the input, as a terminal gives it. */
const CTRL_D = '\u0004';

for (const provider of ['aws', 'gcp'] as const) {
  describe(`what costs money in ${provider}${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    const make = ['cloud', 'provision', provider, '--name', 'edge'];
    const destroy = ['cloud', 'destroy', provider, '--name', 'edge'];

    it('is not made or removed without a terminal to ask at, and not by a plan', async function () {
      this.timeout(120_000);
      await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50, stepMs: 5 });
      for (const more of [[], ['--json']]) {
        const refused = await setup.run([...make, ...more]);
        assert.notEqual(refused.code, 0);
        assert.match(refused.stdout + refused.stderr, /Nothing was made|cloud_not_confirmed/);
      }
      const plan = await setup.run([...make, '--plan', '--json']);
      assert.equal(plan.code, 0, plan.stdout);
      assert.deepEqual(changesOf(setup), []);

      // The plan names what is made, resource by resource, and no price that it does not know.
      const { resources, price } = JSON.parse(plan.stdout);
      assert.deepEqual(Object.keys(price).sort(), ['known', 'see']);
      assert.equal(price.known, false);
      const said = await setup.run([...make, '--plan']);
      assert.match(said.stdout, /price +unknown.*https:\/\//i);
      assert.doesNotMatch(said.stdout, /[$€] ?0|0\.00/);
      assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole');
      const kinds = resources.map(({ type }: { type: string }) => type);
      assert.deepEqual(plannedKinds(kinds), WHOLE[provider].filter(isPlanned));

      const before = changesOf(setup).length;
      for (const more of [[], ['--json']]) assert.notEqual((await setup.run([...destroy, ...more])).code, 0);
      assert.equal(changesOf(setup).length, before);
      assert.deepEqual(kindsOf(setup, provider), WHOLE[provider]);
      await destroyed(setup, provider);
    });

    const atTerminal = noTerminal === undefined ? '' : ` (skipped: ${noTerminal})`;
    it(`is not made after a no, an empty line or the end of the input${atTerminal}`, async function () {
      if (noTerminal !== undefined) this.skip();
      this.timeout(120_000);
      await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50, stepMs: 5 });
      const env = { ...setup.env, NODE_OPTIONS: FakeCloud.nodeOptions.join(' ') };
      for (const typed of ['n', '', 'yesterday', CTRL_D]) {
        const { code, screen } = await grafosTerminal(make, {
          cwd: setup.program.path,
          env,
          answers: [[/\[y\/N\]/, typed]],
        });
        assert.notEqual(code, 0, screen);
        assert.match(screen, /Nothing was made/);
        assert.match(screen, new RegExp(provider === 'aws' ? '123456789012' : 'fake'));
      }
      assert.deepEqual(changesOf(setup), []);
      assert.deepEqual(kindsOf(setup, provider), []);
    });
  });
}

/** The calls that changed something, or tried to. */
function changesOf({ cloud }: CloudSetup): string[] {
  return cloud.calls.filter((call) => !isRead(call)).map(({ name }) => name);
}

/** The kinds of a plan as the account has them: those of gcp in the plural. */
function plannedKinds(types: string[]): string[] {
  return types
    .filter(isPlanned)
    .map((type) => (type.includes('::') ? type : `${type}${type.endsWith('s') ? 'es' : 's'}`))
    .sort();
}

/** A disk and a network interface come and go with their machine, and the stack holds the rest. */
function isPlanned(kind: string): boolean {
  return !/::(?:Volume|NetworkInterface|Stack)$/.test(kind);
}
