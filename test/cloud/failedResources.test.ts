import assert from 'node:assert/strict';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';
import { destroyed, kindsOf, makeUntilKey, WHOLE } from '../helpers/madeUntilKey.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();

/** Resources that a cloud refuses by itself, and not only with the one that holds them. */
const ALONE = {
  aws: WHOLE.aws.filter((kind) => kind.startsWith('AWS::EC2::') && !/::(NetworkInterface|Volume)$/.test(kind)),
  gcp: WHOLE.gcp,
};

for (const provider of ['aws', 'gcp'] as const) {
  describe(`a resource that ${provider} refuses${missing === undefined ? '' : ` (skipped: ${missing})`}`, () => {
    before(function () {
      if (missing !== undefined) this.skip();
    });

    for (const kind of ALONE[provider]) {
      it(`${kind}: is named, leaves nothing behind, and comes with the second try`, async function () {
        this.timeout(600_000);
        await using setup = await cloudSetup({ startMachine: silentMachine, lagMs: 50 });
        await refused(setup, provider, kind);
        await destroyed(setup, provider);
        // Once more, and the same command again: what failed is removed first.
        await refused(setup, provider, kind);
        assert.equal(await makeUntilKey(setup, provider, () => undefined), 'whole');
        assert.deepEqual(kindsOf(setup, provider), WHOLE[provider]);
        await destroyed(setup, provider);
      });
    }
  });
}

/** Makes a cell in an account whose quota has no room for one kind of resource. */
async function refused({ cloud, run }: CloudSetup, provider: 'aws' | 'gcp', kind: string): Promise<void> {
  cloud.failResource = (type, doing) => (type === kind && doing === 'create' ? 'The quota is 0.' : undefined);
  cloud.failCompute = (collection, doing) =>
    collection.endsWith(`/${kind}`) && doing === 'insert'
      ? { code: 'QUOTA_EXCEEDED', message: 'The quota is 0.' }
      : undefined;
  const { code, stdout } = await run(['cloud', 'provision', provider, '--name', 'edge', '--yes', '--json']);
  cloud.failResource = () => undefined;
  cloud.failCompute = () => undefined;
  await cloud.aws.stacks.settled();
  assert.notEqual(code, 0, stdout);
  const { error } = JSON.parse(stdout);
  assert.equal(error.code, 'resource_failed', stdout);
  assert.match(`${error.message} ${error.why}`, /The quota is 0\./);
  assert.ok(error.message.includes(provider === 'aws' ? kind : 'grafos-edge'), error.message);
}
