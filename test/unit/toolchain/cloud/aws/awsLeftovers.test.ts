import assert from 'node:assert/strict';
import { GrafosError } from '../../../../../base/grafosError.ts';
import { type AwsClients, requests } from '../../../../../toolchain/cloud/aws/awsClients.ts';
import { awsLeftovers } from '../../../../../toolchain/cloud/aws/awsLeftovers.ts';
import { CELL_TAG } from '../../../../../toolchain/cloud/aws/awsTemplate.ts';
import { resourceName } from '../../../../../toolchain/cloud/cellName.ts';

type Answers = Record<string, unknown>;

interface Sent {
  request: string;
  filters: unknown;
}

/** Clients whose machines answer each kind of request with what is given, else with nothing. */
function clientsOf(answers: Answers): { clients: AwsClients; sent: Sent[] } {
  const sent: Sent[] = [];
  const send = (command: { constructor: { name: string }; input: { Filters?: unknown } }) => {
    const request = command.constructor.name.replace(/Command$/, '');
    sent.push({ request, filters: command.input.Filters });
    const answer = answers[request] ?? {};
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { clients: { machines: { send } } as unknown as AwsClients, sent };
}

const leftovers = (clients: AwsClients) => awsLeftovers(clients, requests, 'edge', new AbortController().signal);

describe('awsLeftovers', () => {
  it('finds nothing where EC2 has nothing', async () => {
    const { clients, sent } = clientsOf({});
    assert.deepEqual(await leftovers(clients), []);
    assert.equal(sent.length, 10);
  });

  it('looks for the tag of the cell, and for interfaces by the name of their group', async () => {
    const { clients, sent } = clientsOf({});
    await leftovers(clients);
    for (const { request, filters } of sent) {
      const expected =
        request === 'DescribeNetworkInterfaces'
          ? [{ Name: 'group-name', Values: [resourceName('edge')] }]
          : [{ Name: `tag:${CELL_TAG}`, Values: ['edge'] }];
      assert.deepEqual(filters, expected, request);
    }
  });

  it('names each kind by its id', async () => {
    const { clients } = clientsOf({
      DescribeVpcs: { Vpcs: [{ VpcId: 'vpc-1' }, {}] },
      DescribeAddresses: { Addresses: [{ AllocationId: 'eip-1' }] },
      DescribeVolumes: { Volumes: [{ VolumeId: 'vol-1' }, { VolumeId: 'vol-2' }] },
    });
    assert.deepEqual(
      (await leftovers(clients)).map(({ type, name }) => `${type} ${name}`),
      ['AWS::EC2::VPC vpc-1', 'AWS::EC2::EIP eip-1', 'AWS::EC2::Volume vol-1', 'AWS::EC2::Volume vol-2'],
    );
  });

  it('leaves out machines that have ended, and no others', async () => {
    const states = ['running', 'terminated', 'stopped', 'shutting-down'];
    const machine = (state: string) => ({ InstanceId: state, State: { Name: state } });
    const { clients } = clientsOf({
      DescribeInstances: {
        Reservations: [{ Instances: states.slice(0, 2).map(machine) }, { Instances: states.slice(2).map(machine) }, {}],
      },
    });
    assert.deepEqual(
      (await leftovers(clients)).map(({ name }) => name),
      ['running', 'stopped', 'shutting-down'],
    );
  });

  it('fails with the code of the fault rather than miss something', async () => {
    const denied = Object.assign(new Error('no'), { name: 'UnauthorizedOperation' });
    const { clients } = clientsOf({ DescribeVolumes: denied });
    await assert.rejects(
      leftovers(clients),
      (error) => error instanceof GrafosError && /DescribeVolumes/.test(`${error.message} ${error.why}`),
    );
  });
});
