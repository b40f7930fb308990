import type { PlannedResource } from '../cellCloud.ts';
import { resourceName } from '../cellName.ts';
import { awsCall } from './awsCall.ts';
import type { AwsClients, requests as Requests } from './awsClients.ts';
import { CELL_TAG } from './awsTemplate.ts';

/** Everything of a cell that EC2 still has, by tag; interfaces by the name of their group. */
export async function awsLeftovers(
  clients: AwsClients,
  requests: typeof Requests,
  name: string,
  signal: AbortSignal,
): Promise<PlannedResource[]> {
  const found = await Promise.all(
    looks(clients, requests, name).map(async ({ type, doing, ids }) => {
      const answer = await awsCall(doing, signal, ids);
      return (answer ?? []).flatMap((id) => (id === undefined ? [] : [{ type, name: id }]));
    }),
  );
  return found.flat();
}

interface Look {
  type: string;
  /** Name of the request. */
  doing: string;
  /** Sends it, and gives the ids in its answer. */
  ids: (options: { abortSignal: AbortSignal }) => Promise<Array<string | undefined>>;
}

function looks({ machines }: AwsClients, requests: typeof Requests, name: string): Look[] {
  const tagged = { Filters: [{ Name: `tag:${CELL_TAG}`, Values: [name] }] };
  const grouped = { Filters: [{ Name: 'group-name', Values: [resourceName(name)] }] };
  const look = (type: string, doing: string, ids: Look['ids']): Look => ({ type: `AWS::EC2::${type}`, doing, ids });
  return [
    look('Instance', 'DescribeInstances', async (options) => {
      const { Reservations = [] } = await machines.send(new requests.DescribeInstancesCommand(tagged), options);
      // EC2 shows an instance for an hour after its end.
      const living = Reservations.flatMap(({ Instances = [] }) => Instances).filter(
        ({ State }) => State?.Name !== 'terminated',
      );
      return living.map(({ InstanceId }) => InstanceId);
    }),
    look('VPC', 'DescribeVpcs', async (options) => {
      const { Vpcs = [] } = await machines.send(new requests.DescribeVpcsCommand(tagged), options);
      return Vpcs.map(({ VpcId }) => VpcId);
    }),
    look('Subnet', 'DescribeSubnets', async (options) => {
      const { Subnets = [] } = await machines.send(new requests.DescribeSubnetsCommand(tagged), options);
      return Subnets.map(({ SubnetId }) => SubnetId);
    }),
    look('InternetGateway', 'DescribeInternetGateways', async (options) => {
      const { InternetGateways = [] } = await machines.send(
        new requests.DescribeInternetGatewaysCommand(tagged),
        options,
      );
      return InternetGateways.map(({ InternetGatewayId }) => InternetGatewayId);
    }),
    look('RouteTable', 'DescribeRouteTables', async (options) => {
      const { RouteTables = [] } = await machines.send(new requests.DescribeRouteTablesCommand(tagged), options);
      return RouteTables.map(({ RouteTableId }) => RouteTableId);
    }),
    look('SecurityGroup', 'DescribeSecurityGroups', async (options) => {
      const { SecurityGroups = [] } = await machines.send(new requests.DescribeSecurityGroupsCommand(tagged), options);
      return SecurityGroups.map(({ GroupId }) => GroupId);
    }),
    ...detachedLooks({ machines, requests, tagged, grouped, look }),
  ];
}

/** Looks for what can outlive a machine and its network. */
function detachedLooks({
  machines,
  requests,
  tagged,
  grouped,
  look,
}: {
  machines: AwsClients['machines'];
  requests: typeof Requests;
  tagged: { Filters: Array<{ Name: string; Values: string[] }> };
  grouped: { Filters: Array<{ Name: string; Values: string[] }> };
  look: (type: string, doing: string, ids: Look['ids']) => Look;
}): Look[] {
  return [
    look('EIP', 'DescribeAddresses', async (options) => {
      const { Addresses = [] } = await machines.send(new requests.DescribeAddressesCommand(tagged), options);
      return Addresses.map(({ AllocationId }) => AllocationId);
    }),
    look('Volume', 'DescribeVolumes', async (options) => {
      const { Volumes = [] } = await machines.send(new requests.DescribeVolumesCommand(tagged), options);
      return Volumes.map(({ VolumeId }) => VolumeId);
    }),
    look('Snapshot', 'DescribeSnapshots', async (options) => {
      const own = { ...tagged, OwnerIds: ['self'] };
      const { Snapshots = [] } = await machines.send(new requests.DescribeSnapshotsCommand(own), options);
      return Snapshots.map(({ SnapshotId }) => SnapshotId);
    }),
    look('NetworkInterface', 'DescribeNetworkInterfaces', async (options) => {
      const { NetworkInterfaces = [] } = await machines.send(
        new requests.DescribeNetworkInterfacesCommand(grouped),
        options,
      );
      return NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId);
    }),
  ];
}
