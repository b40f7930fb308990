import { AwsModel, RequestFault } from './awsModel.ts';
import { AwsRefusal, AwsResources } from './awsResources.ts';
import { AwsStacks, type FailResource, type Stack } from './awsStacks.ts';
import type { StartMachine } from './machine.ts';

export interface AwsAnswer {
  status: number;
  body: string;
  name: string;
  findings: string[];
}

type ServiceName = 'cloudformation' | 'ec2' | 'sts';
type Answer = Record<string, unknown>;
type Input = Record<string, unknown>;

/** The services of AWS that a cell needs, in one region, with requests checked by the models. */
export class AwsService implements Disposable {
  readonly resources: AwsResources;
  readonly stacks: AwsStacks;
  readonly #models = {
    cloudformation: new AwsModel('cloudformation', '2010-05-15'),
    ec2: new AwsModel('ec2', '2016-11-15'),
    sts: new AwsModel('sts', '2011-06-15'),
  };

  constructor(start: StartMachine, fail: FailResource, { lagMs, stepMs }: { lagMs: number; stepMs: number }) {
    this.resources = new AwsResources(start, lagMs);
    this.stacks = new AwsStacks(this.resources, fail, stepMs);
  }

  [Symbol.dispose](): void {
    this.resources[Symbol.dispose]();
  }

  /** The name of the call in a request. */
  nameOf(service: string, body: string): string {
    return `${service} ${new URLSearchParams(body).get('Action')}`;
  }

  /** Answers a request whose signature was checked. */
  answer(service: string, body: string, requestId: string): AwsAnswer {
    const name = this.nameOf(service, body);
    if (!(service in this.#models))
      return { status: 400, body: `no service ${service}`, name, findings: [`no service ${service}`] };
    const model = this.#models[service as ServiceName];
    try {
      const { action, input } = model.read(new URLSearchParams(body));
      const text = model.write(action, this.#act(action, input), requestId);
      return { status: 200, body: text, name, findings: [] };
    } catch (error) {
      if (error instanceof RequestFault) {
        return {
          status: 400,
          body: model.error('ValidationError', error.message, requestId),
          name,
          findings: [error.message],
        };
      }
      if (!(error instanceof AwsRefusal)) throw error;
      return { status: 400, body: model.error(error.code, error.message, requestId), name, findings: [] };
    }
  }

  refusal(service: string, code: string, requestId: string): string {
    const model = this.#models[service as ServiceName] ?? this.#models.sts;
    return model.error(code, `refused: ${code}`, requestId);
  }

  #act(action: string, input: Input): Answer {
    if (action.startsWith('Describe') && !/Stack|InstanceTypes/.test(action)) return this.#describe(action, input);
    switch (action) {
      case 'GetCallerIdentity':
        return { UserId: 'AIDAFAKE', Account: '123456789012', Arn: 'arn:aws:iam::123456789012:user/ada' };
      case 'CreateStack':
        return { StackId: this.stacks.create(input).StackId };
      case 'DeleteStack':
        this.stacks.delete(String(input.StackName));
        return {};
      case 'DescribeStacks':
        return { Stacks: this.#stacks(input.StackName).map(shownStack) };
      case 'DescribeStackResources':
        return {
          StackResources: this.#stacks(input.StackName).flatMap(({ StackName, StackId, resources }) =>
            [...resources.values()].map((one) => ({ StackName, StackId, ...one })),
          ),
        };
      case 'DescribeInstanceTypes':
        return this.#instanceTypes(input);
      case 'GetConsoleOutput':
        return this.#console(input);
      case 'AuthorizeSecurityGroupIngress':
      case 'RevokeSecurityGroupIngress':
        return this.#rules(action, input);
      default:
        throw new AwsRefusal('InvalidAction', `${action} is not valid for this endpoint`);
    }
  }

  #stacks(name: unknown): Stack[] {
    const all = [...this.stacks.all.values()].filter(({ StackStatus }) => StackStatus !== 'DELETE_COMPLETE');
    if (name === undefined) return all;
    const found = all.filter(({ StackName }) => StackName === name);
    if (found.length === 0) throw new AwsRefusal('ValidationError', `Stack with id ${name} does not exist`);
    return found;
  }

  #describe(action: string, { Filters }: Input): Answer {
    const seen = (type: string) =>
      this.resources.seen(`AWS::EC2::${type}`, Filters as Array<{ Name?: string; Values?: string[] }>);
    const ids = (type: string, key: string) => seen(type).map(({ id }) => ({ [key]: id }));
    switch (action) {
      case 'DescribeInstances':
        return {
          Reservations: seen('Instance').map(({ id, machine }) => ({
            Instances: [{ InstanceId: id, State: { Name: machine === undefined ? 'pending' : 'running' } }],
          })),
        };
      case 'DescribeVpcs':
        return { Vpcs: ids('VPC', 'VpcId') };
      case 'DescribeSubnets':
        return { Subnets: ids('Subnet', 'SubnetId') };
      case 'DescribeInternetGateways':
        return { InternetGateways: ids('InternetGateway', 'InternetGatewayId') };
      case 'DescribeRouteTables':
        return { RouteTables: ids('RouteTable', 'RouteTableId') };
      case 'DescribeAddresses':
        return { Addresses: ids('EIP', 'AllocationId') };
      case 'DescribeVolumes':
        return { Volumes: ids('Volume', 'VolumeId') };
      case 'DescribeSnapshots':
        return { Snapshots: ids('Snapshot', 'SnapshotId') };
      case 'DescribeNetworkInterfaces':
        return { NetworkInterfaces: ids('NetworkInterface', 'NetworkInterfaceId') };
      case 'DescribeSecurityGroups':
        return {
          SecurityGroups: seen('SecurityGroup').map(({ id, properties, rules = [] }) => ({
            GroupId: id,
            GroupName: properties.GroupName,
            IpPermissions: rules.map(({ from, port }) => ({
              IpProtocol: 'tcp',
              FromPort: port,
              ToPort: port,
              IpRanges: [{ CidrIp: from }],
            })),
          })),
        };
      default:
        throw new AwsRefusal('InvalidAction', `${action} is not valid for this endpoint`);
    }
  }

  #instanceTypes({ InstanceTypes = [] }: Input): Answer {
    const known: Record<string, string> = { 't3.small': 'x86_64', 't4g.small': 'arm64', 't2.micro': 'x86_64' };
    return {
      InstanceTypes: (InstanceTypes as string[]).map((type) => {
        const arch = known[type];
        if (arch === undefined)
          throw new AwsRefusal('InvalidInstanceType', `The following supplied instance types do not exist: [${type}]`);
        const Hypervisor = type.startsWith('t2.') ? 'xen' : 'nitro';
        return { InstanceType: type, Hypervisor, ProcessorInfo: { SupportedArchitectures: [arch] } };
      }),
    };
  }

  #console({ InstanceId }: Input): Answer {
    const instance = this.resources.all.get(String(InstanceId));
    if (instance?.type !== 'AWS::EC2::Instance') {
      throw new AwsRefusal('InvalidInstanceID.NotFound', `The instance ID '${InstanceId}' does not exist`);
    }
    return { InstanceId, Output: Buffer.from(instance.machine?.console() ?? '').toString('base64') };
  }

  #rules(action: string, { GroupId, IpPermissions }: Input): Answer {
    const group = this.resources.all.get(String(GroupId));
    if (group?.rules === undefined) throw new AwsRefusal('InvalidGroup.NotFound', `${GroupId} does not exist`);
    const asked = (IpPermissions as Array<{ FromPort: number; IpRanges: Array<{ CidrIp: string }> }>).flatMap(
      ({ FromPort, IpRanges }) => IpRanges.map(({ CidrIp }) => ({ from: CidrIp, port: FromPort })),
    );
    const isThere = (rule: { from: string; port: number }) =>
      group.rules?.some(({ from, port }) => from === rule.from && port === rule.port) === true;
    if (action === 'AuthorizeSecurityGroupIngress') {
      if (asked.some(isThere)) throw new AwsRefusal('InvalidPermission.Duplicate', 'the specified rule already exists');
      this.resources.setRules(group, [...group.rules, ...asked]);
    } else {
      if (!asked.every(isThere))
        throw new AwsRefusal('InvalidPermission.NotFound', 'The specified rule does not exist');
      const stays = group.rules.filter(
        (own) => !asked.some(({ from, port }) => from === own.from && port === own.port),
      );
      this.resources.setRules(group, stays);
    }
    return { Return: true };
  }
}

function shownStack({ StackName, StackId, StackStatus, StackStatusReason, tags, outputs }: Stack): Answer {
  return {
    StackName,
    StackId,
    StackStatus,
    StackStatusReason,
    CreationTime: new Date().toISOString(),
    Tags: tags,
    Outputs: outputs.length === 0 ? undefined : outputs,
  };
}
