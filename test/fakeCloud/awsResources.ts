import { randomBytes } from 'node:crypto';
import type { Machine, StartMachine } from './machine.ts';
import { MachineNetwork } from './machineNetwork.ts';

export interface AwsResource {
  type: string;
  id: string;
  properties: Record<string, unknown>;
  tags: Array<{ Key: string; Value: string }>;
  /** Ids of what this one uses: they cannot go before it. */
  uses: string[];
  /** Milliseconds since 1970; a describe shows the resource from then on. */
  seenFrom: number;
  /** A describe shows the resource until then, when it was removed. */
  seenUntil?: number;
  network?: MachineNetwork;
  machine?: Machine;
  /** Rules of a security group. */
  rules?: Array<{ from: string; port: number }>;
}

/** A refusal of EC2. */
export class AwsRefusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const PREFIX: Record<string, string> = {
  'AWS::EC2::VPC': 'vpc',
  'AWS::EC2::Subnet': 'subnet',
  'AWS::EC2::InternetGateway': 'igw',
  'AWS::EC2::VPCGatewayAttachment': 'igwatt',
  'AWS::EC2::RouteTable': 'rtb',
  'AWS::EC2::Route': 'route',
  'AWS::EC2::SubnetRouteTableAssociation': 'rtbassoc',
  'AWS::EC2::SecurityGroup': 'sg',
  'AWS::EC2::Instance': 'i',
  'AWS::EC2::EIP': 'eipalloc',
  'AWS::EC2::Volume': 'vol',
  'AWS::EC2::NetworkInterface': 'eni',
};

/** The resources of a fake account of AWS in one region. */
export class AwsResources {
  readonly all = new Map<string, AwsResource>();
  readonly #start: StartMachine;
  readonly #lagMs: number;

  constructor(start: StartMachine, lagMs: number) {
    this.#start = start;
    this.#lagMs = lagMs;
  }

  /**
   * Makes a resource.
   *
   * @throws {AwsRefusal} where EC2 would refuse it
   */
  create(type: string, properties: Record<string, unknown>): AwsResource {
    const prefix = PREFIX[type];
    if (prefix === undefined) throw new AwsRefusal('ValidationError', `Unrecognized resource types: [${type}]`);
    const uses = [...JSON.stringify(properties).matchAll(/"((?:vpc|subnet|igw|rtb|sg|i)-[0-9a-f]{17})"/g)].map(
      ([, id = '']) => id,
    );
    for (const id of uses) {
      if (!this.all.has(id)) throw new AwsRefusal('InvalidParameterValue', `${id} does not exist`);
    }
    const resource: AwsResource = {
      type,
      id: `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}`,
      properties,
      tags: (properties.Tags ?? []) as AwsResource['tags'],
      uses,
      seenFrom: Date.now() + this.#lagMs,
    };
    if (type === 'AWS::EC2::SecurityGroup') this.#openGroup(resource);
    if (type === 'AWS::EC2::EIP') this.#attachAddress(resource);
    if (type === 'AWS::EC2::Instance') this.#addParts(resource);
    this.all.set(resource.id, resource);
    return resource;
  }

  /**
   * Removes a resource.
   *
   * @throws {AwsRefusal} DependencyViolation
   */
  remove(id: string): void {
    const resource = this.all.get(id);
    if (resource === undefined) return;
    const user = [...this.all.values()].find((other) => other.uses.includes(id) && !isPartOf(other, resource));
    if (user !== undefined) throw new AwsRefusal('DependencyViolation', `${id} has a dependent object: ${user.id}`);
    this.#forget(resource);
    if (resource.type !== 'AWS::EC2::Instance') return;
    resource.machine?.[Symbol.dispose]();
    for (const part of [...this.all.values()].filter((other) => isPartOf(other, resource))) this.#forget(part);
  }

  /** The resources that a describe of a type shows now, by EC2's filters. */
  seen(type: string, filters: Array<{ Name?: string; Values?: string[] }> = []): AwsResource[] {
    const now = Date.now();
    return [...this.all.values(), ...this.#gone].filter(
      (resource) =>
        resource.type === type &&
        resource.seenFrom <= now &&
        (resource.seenUntil ?? now + 1) > now &&
        filters.every(({ Name = '', Values = [] }) => Values.some((value) => hasFact(resource, Name, value))),
    );
  }

  /** Sets the rules of a group, and of the firewall before each machine that has it. */
  setRules(group: AwsResource, rules: Array<{ from: string; port: number }>): void {
    group.rules = rules;
    for (const address of this.all.values()) {
      if (address.type !== 'AWS::EC2::EIP') continue;
      const instance = this.all.get(String(address.properties.InstanceId));
      if (instance?.uses.includes(group.id)) address.network?.allow(rules);
    }
  }

  [Symbol.dispose](): void {
    for (const resource of this.all.values()) resource.machine?.[Symbol.dispose]();
    for (const resource of this.all.values()) resource.network?.[Symbol.dispose]();
  }

  readonly #gone: AwsResource[] = [];

  #forget(resource: AwsResource): void {
    this.all.delete(resource.id);
    resource.network?.[Symbol.dispose]();
    resource.seenUntil = Date.now() + this.#lagMs;
    this.#gone.push(resource);
  }

  #openGroup(group: AwsResource): void {
    const ingress = (group.properties.SecurityGroupIngress ?? []) as Array<Record<string, unknown>>;
    group.rules = ingress.map(({ CidrIp, FromPort }) => ({ from: String(CidrIp), port: Number(FromPort) }));
  }

  /** The disk and the network interface of an instance, which EC2 makes along with it. */
  #addParts(instance: AwsResource): void {
    const tags = instance.properties.PropagateTagsToVolumeOnCreation === true ? instance.tags : [];
    const group = instance.uses.find((id) => id.startsWith('sg-'));
    const name = this.all.get(group ?? '')?.properties.GroupName;
    for (const [type, facts] of [
      ['AWS::EC2::Volume', { Tags: tags }],
      ['AWS::EC2::NetworkInterface', { GroupName: name, Tags: [] }],
    ] as const) {
      const part = this.create(type, { ...facts });
      part.uses.push(instance.id);
    }
  }

  /** The machine boots once it has its address, so that its network namespace is there. */
  #attachAddress(address: AwsResource): void {
    const instance = this.all.get(String(address.properties.InstanceId));
    if (instance === undefined) return;
    address.network = new MachineNetwork();
    const group = this.all.get(instance.uses.find((id) => id.startsWith('sg-')) ?? '');
    address.network.allow(group?.rules ?? []);
    instance.machine = this.#start({
      userData: Buffer.from(String(instance.properties.UserData), 'base64').toString('utf8'),
      namespace: address.network.namespace,
    });
  }
}

function isPartOf(other: AwsResource, instance: AwsResource): boolean {
  const isPart = other.type === 'AWS::EC2::Volume' || other.type === 'AWS::EC2::NetworkInterface';
  return isPart && other.uses.includes(instance.id);
}

function hasFact(resource: AwsResource, filter: string, value: string): boolean {
  if (filter.startsWith('tag:')) {
    return resource.tags.some(({ Key, Value }) => `tag:${Key}` === filter && Value === value);
  }
  if (filter === 'group-name') return resource.properties.GroupName === value;
  throw new AwsRefusal('InvalidParameterValue', `The filter '${filter}' is invalid`);
}
