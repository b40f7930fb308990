import type { Stack } from '@aws-sdk/client-cloudformation';
import { GrafosError } from '../../../base/grafosError.ts';
import type { BundleTarget } from '../../cell/bundle/bundleParts.ts';
import type { CellCloud, CellOrder, CloudCall, FoundCell, ListedCell } from '../cellCloud.ts';
import { resourceName } from '../cellName.ts';
import { resourceFailed } from '../cloudError.ts';
import { nameTaken } from '../nameTaken.ts';
import { nextLook } from '../nextLook.ts';
import { awsAccess } from './awsAccess.ts';
import { awsCall } from './awsCall.ts';
import type { AwsClients, requests as Requests } from './awsClients.ts';
import { awsLeftovers } from './awsLeftovers.ts';
import { awsResources, awsTemplate, CA_TAG, CELL_TAG } from './awsTemplate.ts';

/** A small machine with 2 GiB of memory, of the Nitro kind, which shows its console at once. */
const SIZE = 't3.small';

const HASH_LINE = /^grafos-key-sha256 ([0-9a-f]{64})\r?$/gm;

/**
 * An account and region of AWS. A cell is one CloudFormation stack.
 *
 * @param region the profile's or the environment's unless given
 * @throws {GrafosError} cloud_region_missing
 */
export async function openAws(region: string | undefined): Promise<CellCloud & Disposable> {
  const { createAwsClients, requests } = await import('./awsClients.ts');
  const clients = createAwsClients(region);
  try {
    return new AwsCloud(clients, requests, await clients.region());
  } catch (cause) {
    clients[Symbol.dispose]();
    throw new GrafosError('cloud_region_missing', 'There is no region to work in.', {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Give it, such as --region eu-central-1, or set AWS_REGION.',
      cause,
    });
  }
}

class AwsCloud implements CellCloud, Disposable {
  readonly provider = 'aws';
  readonly defaultSize = SIZE;
  readonly region: string;
  readonly #clients: AwsClients;
  readonly #requests: typeof Requests;

  constructor(clients: AwsClients, requests: typeof Requests, region: string) {
    this.#clients = clients;
    this.#requests = requests;
    this.region = region;
  }

  [Symbol.dispose](): void {
    this.#clients[Symbol.dispose]();
  }

  async account({ signal }: CloudCall) {
    const { GetCallerIdentityCommand } = this.#requests;
    const answer = await awsCall('GetCallerIdentity', signal, (options) =>
      this.#clients.identity.send(new GetCallerIdentityCommand({}), options),
    );
    return { account: answer?.Account ?? 'unknown', principal: answer?.Arn ?? 'unknown' };
  }

  async target(size: string, { signal }: CloudCall): Promise<BundleTarget> {
    const { DescribeInstanceTypesCommand } = this.#requests;
    const unfit = (why: string) =>
      new GrafosError('machine_size_unfit', `A cell cannot run on a machine of size ${size}.`, {
        why,
        next: `Choose another: --size ${SIZE}`,
      });
    const answer = await awsCall(
      'DescribeInstanceTypes',
      signal,
      (options) =>
        this.#clients.machines.send(new DescribeInstanceTypesCommand({ InstanceTypes: [size as 't3.small'] }), options),
      (code) => code === 'InvalidInstanceType' || code === 'InvalidParameterValue',
    );
    const type = answer?.InstanceTypes?.[0];
    if (type === undefined) throw unfit(`aws has no such size in ${this.region}.`);
    if (type.Hypervisor !== 'nitro') throw unfit('It is not of the Nitro kind, whose console can be read at once.');
    const archs: readonly string[] = type.ProcessorInfo?.SupportedArchitectures ?? [];
    if (archs.includes('x86_64')) return 'linux-x64';
    if (archs.includes('arm64')) return 'linux-arm64';
    throw unfit(`Its processor is ${archs.join(', ') || 'unknown'}.`);
  }

  resources(name: string) {
    return awsResources(name);
  }

  async find(name: string, { signal }: CloudCall): Promise<FoundCell> {
    const stack = await this.#stack(name, signal);
    if (stack === undefined) return { state: 'absent' };
    if (tagOf(stack, CELL_TAG) !== name) throw nameTaken(`the stack ${resourceName(name)} in ${this.region}`, name);
    const status = stack.StackStatus ?? '';
    if (status === 'DELETE_COMPLETE') return { state: 'absent' };
    if (status === 'DELETE_IN_PROGRESS') return { state: 'unmaking' };
    if (status.endsWith('_IN_PROGRESS')) return { state: 'making' };
    const output = (key: string) => stack.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
    const [address, machine] = [output('Address'), output('Machine')];
    if (status === 'CREATE_COMPLETE' && address !== undefined && machine !== undefined) {
      return { state: 'made', address, machine, ca: tagOf(stack, CA_TAG) ?? '' };
    }
    return { state: 'failed', ...(await this.#failure(name, stack, signal)) };
  }

  async make(order: CellOrder, call: CloudCall): Promise<void> {
    const { name, size, from, userData, token } = order;
    const arch = (await this.target(size, call)) === 'linux-x64' ? 'x64' : 'arm64';
    const { CreateStackCommand } = this.#requests;
    await awsCall(
      'CreateStack',
      call.signal,
      (options) =>
        this.#clients.stacks.send(
          new CreateStackCommand({
            StackName: resourceName(name),
            TemplateBody: JSON.stringify(awsTemplate({ name, size, arch, from, userData })),
            // What failed stays, so that its reason can be read.
            OnFailure: 'DO_NOTHING',
            ClientRequestToken: token,
            Tags: [
              { Key: CELL_TAG, Value: name },
              { Key: CA_TAG, Value: order.ca },
            ],
          }),
          options,
        ),
      // An answer that was lost, or another command that was faster: it is looked at next.
      (code) => code === 'AlreadyExistsException',
    );
    await this.settle(name, call);
    const found = await this.find(name, call);
    if (found.state === 'failed') throw resourceFailed(found.resource, found.why, AFTER_FAILURE);
    if (found.state === 'absent')
      throw resourceFailed(resourceName(name), 'The stack was removed meanwhile.', AFTER_FAILURE);
  }

  async settle(name: string, call: CloudCall): Promise<void> {
    const { DescribeStackResourcesCommand } = this.#requests;
    const shown = new Map<string, string>();
    for (let look = 0; ; look += 1) {
      const found = await this.find(name, call);
      if (found.state !== 'making' && found.state !== 'unmaking') return;
      const answer = await awsCall(
        'DescribeStackResources',
        call.signal,
        (options) =>
          this.#clients.stacks.send(new DescribeStackResourcesCommand({ StackName: resourceName(name) }), options),
        isAbsent,
      );
      for (const { LogicalResourceId: id = '', ResourceStatus: status = '' } of answer?.StackResources ?? []) {
        if (shown.get(id) !== status) call.report?.(id, status);
        shown.set(id, status);
      }
      await nextLook(look, call.signal);
    }
  }

  async machineKey(_name: string, machine: string, { signal }: CloudCall): Promise<string | undefined> {
    const { GetConsoleOutputCommand } = this.#requests;
    const answer = await awsCall('GetConsoleOutput', signal, (options) =>
      this.#clients.machines.send(new GetConsoleOutputCommand({ InstanceId: machine, Latest: true }), options),
    );
    const text = Buffer.from(answer?.Output ?? '', 'base64').toString('latin1');
    const hashes = new Set([...text.matchAll(HASH_LINE)].map(([, hash]) => hash));
    if (hashes.size > 1) {
      throw new GrafosError('machine_key_doubtful', `The machine ${machine} showed more than one key.`, {
        why: 'A machine makes one key for its life, so somebody else writes on its console.',
        next: 'Destroy the cell and make it anew: grafos cloud destroy aws --name NAME',
      });
    }
    return [...hashes][0];
  }

  async allow(name: string, from: string, ports: readonly number[], { signal }: CloudCall): Promise<void> {
    await awsAccess(this.#clients, this.#requests, name, from, ports, signal);
  }

  async unmake(name: string, token: string, call: CloudCall): Promise<void> {
    const { DeleteStackCommand } = this.#requests;
    for (let tries = 1; ; tries += 1) {
      const found = await this.find(name, call);
      if (found.state === 'absent') return;
      if (found.state !== 'unmaking') {
        await awsCall('DeleteStack', call.signal, (options) =>
          this.#clients.stacks.send(
            new DeleteStackCommand({ StackName: resourceName(name), ClientRequestToken: `${token}-${tries}` }),
            options,
          ),
        );
      }
      await this.settle(name, call);
      const left = await this.find(name, call);
      if (left.state === 'absent') return;
      // What depended on the resource may be gone by now, so once more.
      if (tries === 2) {
        const { resource, why } = left.state === 'failed' ? left : { resource: resourceName(name), why: left.state };
        throw resourceFailed(
          resource,
          why,
          `Remove what uses it in the console of aws, then: grafos cloud destroy aws --name ${name}`,
        );
      }
    }
  }

  async leftovers(name: string, { signal }: CloudCall) {
    const found = await awsLeftovers(this.#clients, this.#requests, name, signal);
    const stack = await this.#stack(name, signal);
    if (stack !== undefined && stack.StackStatus !== 'DELETE_COMPLETE') {
      found.push({ type: 'AWS::CloudFormation::Stack', name: resourceName(name) });
    }
    return found.map((resource) => ({ ...resource, region: this.region }));
  }

  async list({ signal }: CloudCall): Promise<ListedCell[]> {
    const { DescribeStacksCommand } = this.#requests;
    const cells: ListedCell[] = [];
    let NextToken: string | undefined;
    do {
      const answer = await awsCall('DescribeStacks', signal, (options) =>
        this.#clients.stacks.send(new DescribeStacksCommand(NextToken === undefined ? {} : { NextToken }), options),
      );
      for (const stack of answer?.Stacks ?? []) {
        const name = tagOf(stack, CELL_TAG);
        if (name === undefined || stack.StackName !== resourceName(name)) continue;
        cells.push({ name, region: this.region, state: stateOf(stack.StackStatus ?? '') });
      }
      NextToken = answer?.NextToken;
    } while (NextToken !== undefined);
    return cells;
  }

  async #stack(name: string, signal: AbortSignal): Promise<Stack | undefined> {
    const { DescribeStacksCommand } = this.#requests;
    const answer = await awsCall(
      'DescribeStacks',
      signal,
      (options) => this.#clients.stacks.send(new DescribeStacksCommand({ StackName: resourceName(name) }), options),
      isAbsent,
    );
    return answer?.Stacks?.[0];
  }

  /** The first resource that failed and was not only stopped because of another. */
  async #failure(name: string, stack: Stack, signal: AbortSignal): Promise<{ resource: string; why: string }> {
    const { DescribeStackResourcesCommand } = this.#requests;
    const answer = await awsCall(
      'DescribeStackResources',
      signal,
      (options) =>
        this.#clients.stacks.send(new DescribeStackResourcesCommand({ StackName: resourceName(name) }), options),
      isAbsent,
    );
    const failed = (answer?.StackResources ?? []).filter(({ ResourceStatus = '' }) =>
      ResourceStatus.endsWith('_FAILED'),
    );
    const first = failed.find(({ ResourceStatusReason = '' }) => !/cancelled/i.test(ResourceStatusReason)) ?? failed[0];
    return {
      resource: first === undefined ? resourceName(name) : `${first.LogicalResourceId} (${first.ResourceType})`,
      why: first?.ResourceStatusReason ?? stack.StackStatusReason ?? `The stack is ${stack.StackStatus}.`,
    };
  }
}

const AFTER_FAILURE =
  'Correct the cause and run the command again: it removes what failed first. Or: grafos cloud destroy aws';

function isAbsent(code: string, words: string): boolean {
  return code === 'ValidationError' && /does not exist/.test(words);
}

function tagOf(stack: Stack, key: string): string | undefined {
  return stack.Tags?.find(({ Key }) => Key === key)?.Value;
}

function stateOf(status: string): FoundCell['state'] {
  if (status === 'CREATE_COMPLETE') return 'made';
  if (status === 'DELETE_IN_PROGRESS') return 'unmaking';
  return status.endsWith('_IN_PROGRESS') ? 'making' : 'failed';
}
