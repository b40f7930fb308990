import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AwsRefusal, type AwsResource, type AwsResources } from './awsResources.ts';

interface StackResource {
  LogicalResourceId: string;
  PhysicalResourceId?: string;
  ResourceType: string;
  Timestamp: string;
  ResourceStatus: string;
  ResourceStatusReason?: string;
}

export interface Stack {
  StackName: string;
  StackId: string;
  StackStatus: string;
  StackStatusReason?: string;
  token: string;
  template: Template;
  tags: Array<{ Key: string; Value: string }>;
  resources: Map<string, StackResource>;
  outputs: Array<{ OutputKey: string; OutputValue: string }>;
}

interface Template {
  Parameters?: Record<string, { Type: string; Default?: string }>;
  Resources: Record<string, { Type: string; DependsOn?: string | string[]; Properties?: Record<string, unknown> }>;
  Outputs?: Record<string, { Value: unknown }>;
}

/** The reason why a resource is to fail; undefined lets it succeed. */
export type FailResource = (type: string, doing: 'create' | 'delete') => string | undefined;

/** The stacks of a fake account in one region: each resource follows those that it depends on. */
export class AwsStacks {
  readonly all = new Map<string, Stack>();
  readonly #resources: AwsResources;
  readonly #fail: FailResource;
  readonly #stepMs: number;
  readonly #work = new Set<Promise<void>>();

  constructor(resources: AwsResources, fail: FailResource, stepMs: number) {
    this.#resources = resources;
    this.#fail = fail;
    this.#stepMs = stepMs;
  }

  create(input: Record<string, unknown>): Stack {
    const name = String(input.StackName);
    if (!/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/.test(name)) throw new AwsRefusal('ValidationError', `bad StackName ${name}`);
    const token = String(input.ClientRequestToken ?? '');
    const there = this.all.get(name);
    if (there !== undefined && there.StackStatus !== 'DELETE_COMPLETE') {
      if (token !== '' && there.token === token) return there;
      throw new AwsRefusal('AlreadyExistsException', `Stack [${name}] already exists`);
    }
    const template = JSON.parse(String(input.TemplateBody)) as Template;
    if (JSON.stringify(template).includes('AWS::IAM::')) {
      throw new AwsRefusal('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_IAM]');
    }
    const stack: Stack = {
      StackName: name,
      StackId: `arn:aws:cloudformation:eu-central-1:123456789012:stack/${name}/${randomUUID()}`,
      StackStatus: 'CREATE_IN_PROGRESS',
      token,
      template,
      tags: (input.Tags ?? []) as Stack['tags'],
      resources: new Map(),
      outputs: [],
    };
    this.all.set(name, stack);
    if (input.OnFailure !== 'DO_NOTHING') throw new Error('only OnFailure DO_NOTHING is known here');
    this.#run(this.#make(stack));
    return stack;
  }

  delete(name: string): void {
    const stack = this.all.get(name);
    if (stack === undefined || /^DELETE_(?:COMPLETE|IN_PROGRESS)$/.test(stack.StackStatus)) return;
    stack.StackStatus = 'DELETE_IN_PROGRESS';
    this.#run(this.#unmake(stack));
  }

  /** Waits until no stack changes any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#work);
  }

  #run(work: Promise<void>): void {
    this.#work.add(work);
    void work.finally(() => this.#work.delete(work));
  }

  async #make(stack: Stack): Promise<void> {
    for (const id of inOrder(stack.template)) {
      await delay(this.#stepMs);
      if (stack.StackStatus !== 'CREATE_IN_PROGRESS') return;
      const { Type, Properties = {} } = stack.template.Resources[id] as Template['Resources'][string];
      const entry: StackResource = {
        LogicalResourceId: id,
        ResourceType: Type,
        Timestamp: new Date().toISOString(),
        ResourceStatus: 'CREATE_IN_PROGRESS',
      };
      stack.resources.set(id, entry);
      await delay(this.#stepMs);
      // A delete came meanwhile: this resource is not begun any more.
      if (stack.StackStatus !== 'CREATE_IN_PROGRESS') return;
      try {
        const reason = this.#fail(Type, 'create');
        if (reason !== undefined) throw new AwsRefusal('CREATE_FAILED', reason);
        const made = this.#resources.create(
          Type,
          resolved(Properties, stack, this.#resources) as Record<string, unknown>,
        );
        entry.PhysicalResourceId = made.id;
        entry.ResourceStatus = 'CREATE_COMPLETE';
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        entry.ResourceStatus = 'CREATE_FAILED';
        entry.ResourceStatusReason = error.message;
        stack.StackStatus = 'CREATE_FAILED';
        stack.StackStatusReason = `The following resource(s) failed to create: [${id}]. `;
        return;
      }
    }
    await delay(this.#stepMs);
    stack.outputs = Object.entries(stack.template.Outputs ?? {}).map(([OutputKey, { Value }]) => ({
      OutputKey,
      OutputValue: String(resolved(Value, stack, this.#resources)),
    }));
    stack.StackStatus = 'CREATE_COMPLETE';
  }

  async #unmake(stack: Stack): Promise<void> {
    await delay(this.#stepMs * 3);
    for (const id of inOrder(stack.template).toReversed()) {
      const entry = stack.resources.get(id);
      if (entry?.PhysicalResourceId === undefined || entry.ResourceStatus === 'DELETE_COMPLETE') continue;
      entry.ResourceStatus = 'DELETE_IN_PROGRESS';
      await delay(this.#stepMs);
      try {
        const reason = this.#fail(entry.ResourceType, 'delete');
        if (reason !== undefined) throw new AwsRefusal('DELETE_FAILED', reason);
        this.#resources.remove(entry.PhysicalResourceId);
        entry.ResourceStatus = 'DELETE_COMPLETE';
      } catch (error) {
        if (!(error instanceof AwsRefusal)) throw error;
        entry.ResourceStatus = 'DELETE_FAILED';
        entry.ResourceStatusReason = error.message;
        stack.StackStatus = 'DELETE_FAILED';
        stack.StackStatusReason = `The following resource(s) failed to delete: [${id}]. `;
        return;
      }
    }
    stack.StackStatus = 'DELETE_COMPLETE';
  }
}

/** The ids of a template's resources, each after those that it refers to or depends on. */
function inOrder({ Resources }: Template): string[] {
  const ordered: string[] = [];
  const visit = (id: string, above: string[]) => {
    if (ordered.includes(id)) return;
    if (above.includes(id)) throw new AwsRefusal('ValidationError', `Circular dependency between resources: [${id}]`);
    const own = Resources[id];
    const needs = [
      ...[own?.DependsOn ?? []].flat(),
      ...[...JSON.stringify(own?.Properties ?? {}).matchAll(/\{"(?:Ref":"|Fn::GetAtt":\[")([^"]+)"/g)].map(
        ([, to = '']) => to,
      ),
    ];
    for (const need of needs) if (need in Resources) visit(need, [...above, id]);
    ordered.push(id);
  };
  for (const id of Object.keys(Resources)) visit(id, []);
  return ordered;
}

/** A value of a template with its functions applied. */
function resolved(value: unknown, stack: Stack, resources: AwsResources): unknown {
  if (Array.isArray(value)) return value.map((item) => resolved(item, stack, resources));
  if (typeof value !== 'object' || value === null) return value;
  const [[key = '', argument] = []] = Object.entries(value) as Array<[string, unknown]>;
  const made = (id: unknown): AwsResource => {
    const own = resources.all.get(stack.resources.get(String(id))?.PhysicalResourceId ?? '');
    if (own === undefined) throw new AwsRefusal('ValidationError', `Unresolved resource dependencies [${id}]`);
    return own;
  };
  if (key === 'Ref') {
    const parameter = stack.template.Parameters?.[String(argument)];
    if (parameter === undefined) return made(argument).id;
    if (!/^\/aws\/service\/debian\/release\/13\/latest\/(?:amd64|arm64)$/.test(parameter.Default ?? '')) {
      throw new AwsRefusal('ValidationError', `Unable to fetch parameters [${parameter.Default}] from parameter store`);
    }
    return 'ami-0fa4e0000000debian';
  }
  if (key === 'Fn::Base64') return Buffer.from(String(resolved(argument, stack, resources))).toString('base64');
  if (key === 'Fn::GetAtt') {
    const [id, attribute] = argument as [string, string];
    const own = made(id);
    if (own.type === 'AWS::EC2::EIP' && attribute === 'PublicIp') return own.network?.address;
    throw new AwsRefusal('ValidationError', `Template error: resource ${id} does not support attribute ${attribute}`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolved(item, stack, resources)]));
}
