/** The only file that loads the libraries of AWS; the build puts it into a bundle of its own. */
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import {
  AuthorizeSecurityGroupIngressCommand,
  DescribeAddressesCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  EC2Client,
  GetConsoleOutputCommand,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';

/** Tries of one request, the first included. */
const TRIES = 4;

/**
 * The clients of one region. Credentials come from where the tools of AWS look for them:
 * environment, profiles, single sign-on.
 *
 * @param region the profile's or the environment's unless given
 */
export function createAwsClients(region: string | undefined) {
  const options = { maxAttempts: TRIES, ...(region === undefined ? {} : { region }) };
  const [stacks, machines, identity] = [
    new CloudFormationClient(options),
    new EC2Client(options),
    new STSClient(options),
  ];
  return {
    stacks,
    machines,
    identity,
    region: () => stacks.config.region(),
    [Symbol.dispose]() {
      for (const client of [stacks, machines, identity]) client.destroy();
    },
  };
}

export type AwsClients = ReturnType<typeof createAwsClients>;

/** The requests that are made, by their names at AWS. */
export const requests = {
  AuthorizeSecurityGroupIngressCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeAddressesCommand,
  DescribeInstanceTypesCommand,
  DescribeInstancesCommand,
  DescribeInternetGatewaysCommand,
  DescribeNetworkInterfacesCommand,
  DescribeRouteTablesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  GetCallerIdentityCommand,
  GetConsoleOutputCommand,
  RevokeSecurityGroupIngressCommand,
};
