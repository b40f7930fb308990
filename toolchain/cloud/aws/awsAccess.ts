import type { IpPermission } from '@aws-sdk/client-ec2';
import { resourceName } from '../cellName.ts';
import { awsCall } from './awsCall.ts';
import type { AwsClients, requests as Requests } from './awsClients.ts';
import { CELL_TAG } from './awsTemplate.ts';

/**
 * Makes the rules of a cell's security group exactly these: one network may reach the ports. A new
 * rule is made before an old one goes.
 *
 * The stack is not updated for it: that could replace the machine.
 */
export async function awsAccess(
  { machines }: AwsClients,
  {
    AuthorizeSecurityGroupIngressCommand,
    DescribeSecurityGroupsCommand,
    RevokeSecurityGroupIngressCommand,
  }: typeof Requests,
  name: string,
  from: string,
  ports: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const answer = await awsCall('DescribeSecurityGroups', signal, (options) =>
    machines.send(
      new DescribeSecurityGroupsCommand({
        Filters: [
          { Name: 'group-name', Values: [resourceName(name)] },
          { Name: `tag:${CELL_TAG}`, Values: [name] },
        ],
      }),
      options,
    ),
  );
  for (const { GroupId, IpPermissions = [] } of answer?.SecurityGroups ?? []) {
    if (GroupId === undefined) continue;
    const there = IpPermissions.flatMap(singleRules);
    const wanted = ports.map((port) => rule(port, from));
    const missing = wanted.filter((one) => !there.some((other) => isSame(one, other)));
    const extra = there.filter((one) => !wanted.some((other) => isSame(one, other)));
    if (missing.length > 0) {
      await awsCall(
        'AuthorizeSecurityGroupIngress',
        signal,
        (options) =>
          machines.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: missing }), options),
        (code) => code === 'InvalidPermission.Duplicate',
      );
    }
    if (extra.length > 0) {
      await awsCall(
        'RevokeSecurityGroupIngress',
        signal,
        (options) => machines.send(new RevokeSecurityGroupIngressCommand({ GroupId, IpPermissions: extra }), options),
        (code) => code === 'InvalidPermission.NotFound',
      );
    }
  }
}

function rule(port: number, from: string): IpPermission {
  return { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: from }] };
}

/** One permission for each network: EC2 puts those of the same ports together. */
function singleRules(permission: IpPermission): IpPermission[] {
  const { IpProtocol, FromPort, ToPort, IpRanges = [], Ipv6Ranges = [] } = permission;
  const ports = { IpProtocol, FromPort, ToPort };
  return [
    ...IpRanges.map(({ CidrIp }) => ({ ...ports, IpRanges: [{ CidrIp }] })),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => ({ ...ports, Ipv6Ranges: [{ CidrIpv6 }] })),
  ];
}

function isSame(one: IpPermission, other: IpPermission): boolean {
  return (
    one.IpProtocol === other.IpProtocol &&
    one.FromPort === other.FromPort &&
    one.ToPort === other.ToPort &&
    one.IpRanges?.[0]?.CidrIp === other.IpRanges?.[0]?.CidrIp &&
    other.Ipv6Ranges === undefined
  );
}
