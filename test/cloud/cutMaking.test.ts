import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { awsModelsMissing } from '../fakeCloud/awsModel.ts';
import { debianMachinesMissing } from '../fakeCloud/debianRoot.ts';
import type { Fault, RecordedCall } from '../fakeCloud/faults.ts';
import { silentMachine } from '../fakeCloud/silentMachine.ts';
import { type CloudSetup, cloudSetup } from '../helpers/cloudSetup.ts';

const missing = debianMachinesMissing() ?? awsModelsMissing();

/** The call that asks for the key of the machine: all resources are there by then. */
const ASKS_FOR_KEY = /GetConsoleOutput|getGuestAttributes/;

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

/** The parts of a whole cell. */
const WHOLE = {
  aws: [
    'AWS::CloudFormation::Stack',
    'AWS::EC2::EIP',
    'AWS::EC2::Instance',
    'AWS::EC2::InternetGateway',
    'AWS::EC2::NetworkInterface',
    'AWS::EC2::Route',
    'AWS::EC2::RouteTable',
    'AWS::EC2::SecurityGroup',
    'AWS::EC2::Subnet',
    'AWS::EC2::SubnetRouteTableAssociation',
    'AWS::EC2::VPC',
    'AWS::EC2::VPCGatewayAttachment',
    'AWS::EC2::Volume',
  ],
  gcp: ['addresses', 'firewalls', 'instances', 'networks', 'subnetworks'],
};

function kindsOf({ cloud }: CloudSetup, provider: 'aws' | 'gcp'): string[] {
  if (provider === 'gcp') return [...cloud.gcp.resources.keys()].map((path) => path.split('/').at(-2) ?? '').sort();
  const stacks = [...cloud.aws.stacks.all.values()].filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
  return [
    ...stacks.map(() => 'AWS::CloudFormation::Stack'),
    ...[...cloud.aws.resources.all.values()].map(({ type }) => type),
  ].sort();
}

/**
 * Makes a cell whose machine never tells its key, and ends the command once it asks for it.
 *
 * @returns `cut` when a fault ended it before
 */
async function makeUntilKey(
  { cloud, run }: CloudSetup,
  provider: 'aws' | 'gcp',
  faultAt: (call: RecordedCall) => Fault | undefined,
): Promise<'whole' | 'cut'> {
  let isWhole = false;
  cloud.faultAt = (call) => {
    if (!ASKS_FOR_KEY.test(call.name)) return faultAt(call);
    isWhole = true;
    return 'kill-before';
  };
  const ended = await run(['cloud', 'provision', provider, '--name', 'edge', '--yes', '--json']);
  cloud.faultAt = () => undefined;
  await cloud.aws.stacks.settled();
  assert.equal(ended.signal, 'SIGKILL', ended.stdout + ended.stderr);
  return isWhole ? 'whole' : 'cut';
}

async function destroyed(setup: CloudSetup, provider: 'aws' | 'gcp'): Promise<void> {
  const { code, stdout, stderr } = await setup.run(['cloud', 'destroy', provider, '--name', 'edge', '--yes', '--json']);
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(JSON.parse(stdout).left, []);
  assert.deepEqual(kindsOf(setup, provider), []);
  assert.deepEqual(setup.cloud.faults, []);
}
