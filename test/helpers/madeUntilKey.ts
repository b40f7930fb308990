import assert from 'node:assert/strict';
import type { Fault, RecordedCall } from '../fakeCloud/faults.ts';
import type { CloudSetup } from './cloudSetup.ts';

/** The call that asks for the key of the machine: all resources are there by then. */
export const ASKS_FOR_KEY = /GetConsoleOutput|getGuestAttributes/;

/** The parts of a whole cell. */
export const WHOLE = {
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

/** The kinds of all that the account has. */
export function kindsOf({ cloud }: CloudSetup, provider: 'aws' | 'gcp'): string[] {
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
 * @param env more of its environment, such as a cut at one of its writes
 * @returns `cut` when something ended it before
 */
export async function makeUntilKey(
  { cloud, run }: CloudSetup,
  provider: 'aws' | 'gcp',
  faultAt: (call: RecordedCall) => Fault | undefined,
  env: NodeJS.ProcessEnv = {},
): Promise<'whole' | 'cut'> {
  let isWhole = false;
  cloud.faultAt = (call) => {
    if (!ASKS_FOR_KEY.test(call.name)) return faultAt(call);
    isWhole = true;
    return 'kill-before';
  };
  const ended = await run(['cloud', 'provision', provider, '--name', 'edge', '--yes', '--json'], { env });
  cloud.faultAt = () => undefined;
  await cloud.aws.stacks.settled();
  assert.equal(ended.signal, 'SIGKILL', ended.stdout + ended.stderr);
  return isWhole ? 'whole' : 'cut';
}

/** True for a call after which the account is as it was. */
export function isRead({ name }: RecordedCall): boolean {
  return /^(?:GET |POST \S*\/wait$|(?:ec2|cloudformation|sts) (?:Describe|Get))/.test(name);
}

/** Destroys the cell, and proves that the account is empty. */
export async function destroyed(setup: CloudSetup, provider: 'aws' | 'gcp'): Promise<void> {
  const { code, stdout, stderr } = await setup.run(['cloud', 'destroy', provider, '--name', 'edge', '--yes', '--json']);
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(JSON.parse(stdout).left, []);
  assert.deepEqual(kindsOf(setup, provider), []);
  assert.deepEqual(setup.cloud.faults, []);
  // Each request was held against the published descriptions of its cloud.
  assert.deepEqual(
    setup.cloud.calls.flatMap(({ name, findings }) => findings.map((one) => `${name}: ${one}`)),
    [],
  );
}
