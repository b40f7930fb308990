import { GrafosError } from '../../../base/grafosError.ts';
import { plainText } from '../../../base/text/plainText.ts';
import type { BundleTarget } from '../../cell/bundle/bundleParts.ts';
import type { CellCloud, CellOrder, CloudCall, CloudResource, FoundCell, ListedCell } from '../cellCloud.ts';
import { resourceFailed } from '../cloudError.ts';
import { nameTaken } from '../nameTaken.ts';
import { nextLook } from '../nextLook.ts';
import type { ComputeAnswer, ComputeClient } from './computeClient.ts';
import { CA_LABEL, CELL_LABEL, describedAs, firewallRules, type GcpResource, gcpResources } from './gcpResources.ts';
import { uuidOf } from './uuidOf.ts';

/** A small machine with 2 GiB of memory. */
const SIZE = 'e2-small';

/**
 * A project and region of GCP. A cell is five resources with fixed names.
 *
 * @throws {GrafosError} cloud_region_missing, cloud_credentials_missing
 */
export async function openGcp(region = process.env.CLOUDSDK_COMPUTE_REGION): Promise<CellCloud & Disposable> {
  if (region === undefined || !/^[a-z]+-[a-z]+\d+$/.test(region)) {
    throw new GrafosError('cloud_region_missing', 'There is no region to work in.', {
      ...(region === undefined ? {} : { why: `"${region}" is not the name of a region.` }),
      next: 'Give it, such as --region europe-west1, or set CLOUDSDK_COMPUTE_REGION.',
    });
  }
  const { computeClient } = await import('./computeClient.ts');
  return new GcpCloud(await computeClient(), region);
}

class GcpCloud implements CellCloud, Disposable {
  readonly provider = 'gcp';
  readonly defaultSize = SIZE;
  readonly region: string;
  readonly #client: ComputeClient;

  constructor(client: ComputeClient, region: string) {
    this.#client = client;
    this.region = region;
  }

  [Symbol.dispose](): void {}

  async account() {
    return { account: this.#client.project, principal: this.#client.principal };
  }

  async target(size: string, { signal }: CloudCall): Promise<BundleTarget> {
    const zone = await this.#zone(signal);
    const unfit = (why: string) =>
      new GrafosError('machine_size_unfit', `A cell cannot run on a machine of size ${size}.`, {
        why,
        next: `Choose another: --size ${SIZE}`,
      });
    if (!/^[a-z0-9-]{1,63}$/.test(size)) throw unfit('It is not the name of a machine type.');
    const type = await this.#client.send({ method: 'GET', path: `zones/${zone}/machineTypes/${size}` }, signal);
    if (type === undefined) throw unfit(`gcp has no such machine type in ${zone}.`);
    // Types from before the field are all x86.
    const arch = type.architecture ?? 'X86_64';
    if (arch === 'X86_64') return 'linux-x64';
    if (arch === 'ARM64') return 'linux-arm64';
    throw unfit(`Its processor is ${plainText(String(arch), 40)}.`);
  }

  resources(name: string) {
    return this.#parts(name).map(({ type, name: own }) => ({ type, name: own }));
  }

  async find(name: string, { signal }: CloudCall): Promise<FoundCell> {
    const [instance] = await this.#aggregated('instances', this.#part(name, 'instance').name, signal);
    if (instance === undefined) return { state: 'absent' };
    if (labelOf(instance, CELL_LABEL) !== name) throw nameTaken(`the instance ${String(instance.name)}`, name);
    const status = String(instance.status);
    if (status === 'PROVISIONING' || status === 'STAGING') return { state: 'making' };
    if (status === 'STOPPING') return { state: 'unmaking' };
    const address = addressOf(instance);
    if (address === undefined) return { state: 'failed', resource: String(instance.name), why: 'It has no address.' };
    const machine = `${lastPart(instance.zone)}/${String(instance.name)}`;
    return { state: 'made', address, machine, ca: labelOf(instance, CA_LABEL) ?? '' };
  }

  async make(order: CellOrder, call: CloudCall): Promise<void> {
    const { signal } = call;
    const { name, size, from, userData, ca, token } = order;
    const arch = (await this.target(size, call)) === 'linux-x64' ? 'x64' : 'arm64';
    const zone = await this.#zone(signal);
    let address = '';
    const part = (type: string) =>
      this.#parts(name, { zone, size, arch, from, userData, ca, address }).find(
        (one) => one.type === type,
      ) as GcpResource;
    for (const type of ['network', 'subnetwork', 'firewall', 'address', 'instance']) {
      await this.#insert(name, part(type), token, call);
      if (type !== 'address') continue;
      const { collection, name: own } = part(type);
      const made = await this.#client.send({ method: 'GET', path: `${collection}/${own}` }, signal);
      address = String(made?.address ?? '');
    }
    await this.settle(name, call);
  }

  async settle(name: string, call: CloudCall): Promise<void> {
    for (let look = 0; ; look += 1) {
      const { state } = await this.find(name, call);
      if (state !== 'making' && state !== 'unmaking') return;
      await nextLook(look, call.signal);
    }
  }

  async machineKey(_name: string, machine: string, { signal }: CloudCall): Promise<string | undefined> {
    const [zone, instance] = machine.split('/');
    const path = `zones/${zone}/instances/${instance}/getGuestAttributes`;
    const answer = await this.#client.send({ method: 'GET', path, query: { queryPath: 'grafos/key-sha256' } }, signal);
    const { items } = (answer?.queryValue ?? {}) as { items?: Array<{ value?: unknown }> };
    const value = String(items?.[0]?.value ?? '');
    return /^[0-9a-f]{64}$/.test(value) ? value : undefined;
  }

  async allow(name: string, from: string, ports: readonly number[], call: CloudCall): Promise<void> {
    const { collection, name: own } = this.#part(name, 'firewall');
    const path = `${collection}/${own}`;
    const there = await this.#client.send({ method: 'GET', path }, call.signal);
    const wanted = firewallRules(from, ports);
    const shown = { sourceRanges: there?.sourceRanges, allowed: there?.allowed };
    if (there === undefined || JSON.stringify(shown) === JSON.stringify(wanted)) return;
    const query = {
      requestId: uuidOf(this.#client.project, name, 'allow', JSON.stringify(wanted), String(Date.now())),
    };
    await this.#finished(
      own,
      await this.#client.send({ method: 'PATCH', path, query, body: wanted }, call.signal),
      call,
    );
  }

  async unmake(name: string, token: string, call: CloudCall): Promise<void> {
    await this.settle(name, call);
    for (const { type, collection, name: own } of this.#parts(name).toReversed()) {
      const path = type === 'instance' ? await this.#instancePath(own, call.signal) : `${collection}/${own}`;
      if (path === undefined) continue;
      const there = await this.#client.send({ method: 'GET', path }, call.signal);
      if (there === undefined) continue;
      if (!isOf(there, name)) throw nameTaken(`the ${type} ${own}`, name);
      const query = { requestId: uuidOf(this.#client.project, name, 'delete', type, token) };
      await this.#finished(own, await this.#client.send({ method: 'DELETE', path, query }, call.signal), call);
    }
  }

  async leftovers(name: string, { signal }: CloudCall): Promise<CloudResource[]> {
    const left: CloudResource[] = [];
    for (const { type, collection, name: own } of this.#parts(name)) {
      const isThere =
        type === 'instance'
          ? (await this.#instancePath(own, signal)) !== undefined
          : (await this.#client.send({ method: 'GET', path: `${collection}/${own}` }, signal)) !== undefined;
      if (isThere) left.push({ type, name: own, region: this.region });
    }
    // The disk has the name of its machine.
    for (const disk of await this.#aggregated('disks', this.#part(name, 'instance').name, signal)) {
      left.push({ type: 'disk', name: String(disk.name), region: this.region });
    }
    return left;
  }

  async list({ signal }: CloudCall): Promise<ListedCell[]> {
    const instances = await this.#aggregated('instances', undefined, signal);
    return instances.flatMap((instance) => {
      const name = labelOf(instance, CELL_LABEL);
      if (name === undefined) return [];
      const status = String(instance.status);
      const state =
        status === 'PROVISIONING' || status === 'STAGING' ? 'making' : status === 'STOPPING' ? 'unmaking' : 'made';
      return [{ name, region: this.region, state } as const];
    });
  }

  /** Makes a resource where it is not there yet, and waits for it. */
  async #insert(
    name: string,
    { type, name: own, collection, body }: GcpResource,
    token: string,
    call: CloudCall,
  ): Promise<void> {
    const path = `${collection}/${own}`;
    const there = await this.#client.send({ method: 'GET', path }, call.signal);
    if (there !== undefined) {
      if (!isOf(there, name)) throw nameTaken(`the ${type} ${own}`, name);
      return;
    }
    call.report?.(own, 'is being made');
    const query = { requestId: uuidOf(this.#client.project, name, 'insert', type, token) };
    const request = { method: 'POST', path: collection, query, body } as const;
    // 409: another command was faster, or the answer to an earlier try was lost.
    await this.#finished(own, await this.#client.send(request, call.signal, [409]), call);
    const made = await this.#client.send({ method: 'GET', path }, call.signal);
    if (made === undefined) throw resourceFailed(own, 'It is not there after it was made.', 'Run the command again.');
    if (!isOf(made, name)) throw nameTaken(`the ${type} ${own}`, name);
  }

  /**
   * Waits for the end of an operation; one that was not begun has none.
   *
   * @throws {GrafosError} resource_failed
   */
  async #finished(resource: string, begun: ComputeAnswer, { signal }: CloudCall): Promise<void> {
    let operation = begun;
    for (let look = 0; operation !== undefined && operation.status !== 'DONE'; look += 1) {
      const scope =
        operation.zone !== undefined
          ? `zones/${lastPart(operation.zone)}`
          : operation.region !== undefined
            ? `regions/${lastPart(operation.region)}`
            : 'global';
      const path = `${scope}/operations/${String(operation.name)}/wait`;
      operation = await this.#client.send({ method: 'POST', path }, signal);
      if (operation !== undefined && operation.status !== 'DONE') await nextLook(look, signal);
    }
    const { errors } = (operation?.error ?? {}) as { errors?: Array<{ code?: unknown; message?: unknown }> };
    const first = errors?.[0];
    if (first === undefined) return;
    const why = plainText(`${String(first.code)}: ${String(first.message)}`, 500);
    throw resourceFailed(resource, why, 'Correct the cause and run the command again: it goes on where it was.');
  }

  async #zone(signal: AbortSignal): Promise<string> {
    const answer = await this.#client.send({ method: 'GET', path: 'zones' }, signal);
    const zones = ((answer?.items ?? []) as Array<Record<string, unknown>>)
      .filter(({ region, status }) => lastPart(region) === this.region && status === 'UP')
      .map(({ name }) => String(name))
      .sort();
    const [first] = zones;
    if (first !== undefined) return first;
    throw new GrafosError('cloud_region_missing', `gcp has no region ${this.region} that your project can use.`, {
      next: 'Choose another: --region europe-west1',
    });
  }

  async #instancePath(name: string, signal: AbortSignal): Promise<string | undefined> {
    const [instance] = await this.#aggregated('instances', name, signal);
    return instance === undefined ? undefined : `zones/${lastPart(instance.zone)}/instances/${name}`;
  }

  /** The instances or disks of this region, of one name or all. */
  async #aggregated(kind: 'instances' | 'disks', name: string | undefined, signal: AbortSignal) {
    const found: Array<Record<string, unknown>> = [];
    let pageToken = '';
    do {
      const query = {
        ...(name === undefined ? {} : { filter: `name=${name}` }),
        ...(pageToken === '' ? {} : { pageToken }),
      };
      const answer = await this.#client.send({ method: 'GET', path: `aggregated/${kind}`, query }, signal);
      for (const [scope, held] of Object.entries((answer?.items ?? {}) as Record<string, Record<string, unknown>>)) {
        if (scope.startsWith(`zones/${this.region}-`)) found.push(...((held[kind] ?? []) as typeof found));
      }
      pageToken = String(answer?.nextPageToken ?? '');
    } while (pageToken !== '');
    return found;
  }

  #part(name: string, type: string): GcpResource {
    return this.#parts(name).find((one) => one.type === type) as GcpResource;
  }

  #parts(name: string, more: Partial<Parameters<typeof gcpResources>[0]> = {}): GcpResource[] {
    const nothing = { zone: '', size: '', arch: 'x64', from: '', userData: '', ca: '', address: '' } as const;
    return gcpResources({ ...nothing, name, project: this.#client.project, region: this.region, ...more });
  }
}

function isOf(resource: Record<string, unknown>, name: string): boolean {
  return resource.description === describedAs(name);
}

function labelOf({ labels }: Record<string, unknown>, key: string): string | undefined {
  const value = (labels as Record<string, unknown> | undefined)?.[key];
  return typeof value === 'string' ? value : undefined;
}

function lastPart(url: unknown): string {
  return String(url).split('/').at(-1) ?? '';
}

function addressOf({ networkInterfaces }: Record<string, unknown>): string | undefined {
  const [first] = (networkInterfaces ?? []) as Array<{ accessConfigs?: Array<{ natIP?: unknown }> }>;
  const address = first?.accessConfigs?.[0]?.natIP;
  return typeof address === 'string' && address !== '' ? address : undefined;
}
