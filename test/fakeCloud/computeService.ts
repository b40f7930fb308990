import { randomUUID } from 'node:crypto';
import { ComputeModel } from './computeModel.ts';
import type { Machine, StartMachine } from './machine.ts';
import { MachineNetwork } from './machineNetwork.ts';

/** The project of the fake cloud of Google, and the token that it takes. */
export const GCP_PROJECT = 'fake-project';
export const GCP_TOKEN = 'ya29.fake-token-of-the-fake-cloud';

interface Resource {
  path: string;
  body: Record<string, unknown>;
  network?: MachineNetwork;
  machine?: Machine;
  guestAttribute?: string;
}

interface Operation {
  name: string;
  status: 'RUNNING' | 'DONE';
  zone?: string;
  region?: string;
  error?: { errors: Array<{ code: string; message: string }> };
}

export interface ComputeAnswer {
  status: number;
  body: unknown;
  findings: string[];
}

/** The reason why an insert or a delete is to fail; undefined lets it succeed. */
export type FailCompute = (
  collection: string,
  doing: 'insert' | 'delete',
) => { code: string; message: string } | undefined;

/** The part of Compute Engine that a cell needs, with requests checked by Google's description. */
export class ComputeService implements Disposable {
  readonly resources = new Map<string, Resource>();
  readonly #operations = new Map<string, Operation>();
  readonly #requestIds = new Map<string, Operation>();
  readonly #start: StartMachine;
  readonly #fail: FailCompute;
  readonly #model = new ComputeModel();

  constructor(start: StartMachine, fail: FailCompute) {
    this.#start = start;
    this.#fail = fail;
  }

  [Symbol.dispose](): void {
    for (const { machine, network } of this.resources.values()) {
      machine?.[Symbol.dispose]();
      network?.[Symbol.dispose]();
    }
  }

  /**
   * Answers a request whose bearer was checked.
   *
   * @param url below `/compute/v1/`
   */
  answer(method: string, url: URL, body: string): ComputeAnswer {
    const path = url.pathname.replace(/^\/gcp\/compute\/v1\/projects\/[^/]+\//, '');
    const parsed = body === '' ? undefined : (JSON.parse(body) as Record<string, unknown>);
    const findings = this.#model.findings(method, path, url.searchParams, parsed);
    if (findings.length > 0) return refused(400, 'invalid', findings.join('; '), findings);
    const { status, body: answer } = this.#act(method, path, url.searchParams, parsed);
    return { status, body: answer, findings };
  }

  #act(method: string, path: string, query: URLSearchParams, body: Record<string, unknown> | undefined): ComputeAnswer {
    if (path === 'zones') return given({ items: ['b', 'c'].map((letter) => zone(`europe-west1-${letter}`)) });
    if (/^zones\/[^/]+\/machineTypes\/[^/]+$/.test(path)) {
      const name = path.split('/').at(-1);
      return name === 'e2-small'
        ? given({ name, architecture: 'X86_64' })
        : refused(404, 'notFound', `${name} was not found`);
    }
    if (path.startsWith('aggregated/')) return this.#aggregated(path.slice('aggregated/'.length), query);
    const operation = /operations\/([^/]+)\/wait$/.exec(path)?.[1];
    if (operation !== undefined) {
      const known = this.#operations.get(operation);
      if (known === undefined) return refused(404, 'notFound', 'operation not found');
      return given({ ...known, status: 'DONE' });
    }
    if (path.endsWith('/getGuestAttributes')) {
      const instance = this.resources.get(path.slice(0, -'/getGuestAttributes'.length));
      const value = instance?.guestAttribute;
      if (value === undefined) return refused(404, 'notFound', 'no guest attribute');
      return given({ queryValue: { items: [{ namespace: 'grafos', key: 'key-sha256', value }] } });
    }
    if (method === 'GET') {
      const there = this.resources.get(path);
      return there === undefined ? refused(404, 'notFound', `The resource '${path}' was not found`) : given(there.body);
    }
    return this.#change(method, path, query, body ?? {});
  }

  #change(method: string, path: string, query: URLSearchParams, body: Record<string, unknown>): ComputeAnswer {
    const requestId = query.get('requestId') ?? '';
    const before = this.#requestIds.get(requestId);
    if (requestId !== '' && before !== undefined) return given(before);
    const answer = method === 'POST' ? this.#insert(path, body) : this.#alter(method, path, body);
    if (answer.status === 200 && requestId !== '') this.#requestIds.set(requestId, answer.body as Operation);
    return answer;
  }

  #insert(collection: string, body: Record<string, unknown>): ComputeAnswer {
    const path = `${collection}/${body.name}`;
    if (this.resources.has(path)) return refused(409, 'alreadyExists', `The resource '${path}' already exists`);
    const missing = referencesOf(body).find((one) => !this.resources.has(one));
    if (missing !== undefined) return refused(400, 'invalid', `The resource '${missing}' was not found`);
    const failure = this.#fail(collection, 'insert');
    if (failure !== undefined) return given(this.#operation(path, failure));
    const resource: Resource = { path, body: { ...body, ...scopeOf(path) } };
    if (collection.endsWith('/addresses')) {
      resource.network = new MachineNetwork();
      resource.body = { ...resource.body, address: resource.network.address, status: 'RESERVED' };
    }
    if (collection.endsWith('/instances')) this.#boot(resource);
    this.resources.set(path, resource);
    this.#applyFirewalls();
    return given(this.#operation(path));
  }

  #alter(method: string, path: string, body: Record<string, unknown>): ComputeAnswer {
    const resource = this.resources.get(path);
    if (resource === undefined) return refused(404, 'notFound', `The resource '${path}' was not found`);
    if (method === 'PATCH') {
      Object.assign(resource.body, body);
      this.#applyFirewalls();
      return given(this.#operation(path));
    }
    const user = [...this.resources.values()].find(({ body: other }) => referencesOf(other).includes(path));
    const inUse = user !== undefined || this.#isAddressInUse(resource);
    const failure =
      this.#fail(path.slice(0, path.lastIndexOf('/')), 'delete') ??
      (inUse ? { code: 'RESOURCE_IN_USE_BY_ANOTHER_RESOURCE', message: `${path} is in use` } : undefined);
    if (failure !== undefined) return given(this.#operation(path, failure));
    resource.machine?.[Symbol.dispose]();
    resource.network?.[Symbol.dispose]();
    this.resources.delete(path);
    return given(this.#operation(path));
  }

  #isAddressInUse({ body: { address } }: Resource): boolean {
    return address !== undefined && [...this.resources.values()].some(({ body }) => natIpOf(body) === address);
  }

  #boot(resource: Resource): void {
    const address = [...this.resources.values()].find(
      ({ body }) => body.address !== undefined && body.address === natIpOf(resource.body),
    );
    if (address?.network === undefined) throw new Error('the instance names no reserved address');
    const items = (resource.body.metadata as { items: Array<{ key: string; value: string }> }).items;
    resource.machine = this.#start({
      userData: items.find(({ key }) => key === 'startup-script')?.value ?? '',
      namespace: address.network.namespace,
      onGuestAttribute: (path, value) => {
        if (path === 'grafos/key-sha256') resource.guestAttribute = value;
      },
    });
    resource.body = { ...resource.body, status: 'RUNNING' };
  }

  /** Puts the rules of every firewall before the machine of its network. */
  #applyFirewalls(): void {
    for (const { network } of this.resources.values()) {
      if (network === undefined) continue;
      const rules = [...this.resources.values()].flatMap(({ body }) =>
        body.direction !== 'INGRESS'
          ? []
          : (body.sourceRanges as string[]).flatMap((from) =>
              (body.allowed as Array<{ ports: string[] }>).flatMap(({ ports }) =>
                ports.map((port) => ({ from, port: Number(port) })),
              ),
            ),
      );
      network.allow(rules);
    }
  }

  #aggregated(kind: string, query: URLSearchParams): ComputeAnswer {
    const name = /^name=(.+)$/.exec(query.get('filter') ?? '')?.[1];
    const scope = 'zones/europe-west1-b';
    const all = [...this.resources.values()].filter(
      ({ path, body }) => path.includes('/instances/') && (name === undefined || body.name === name),
    );
    // The boot disk has the name of its instance and goes with it.
    const held = all.map(({ body }) => (kind === 'disks' ? { name: body.name, zone: body.zone } : body));
    return given({
      items: { [scope]: held.length === 0 ? { warning: { code: 'NO_RESULTS_ON_PAGE' } } : { [kind]: held } },
    });
  }

  #operation(path: string, failure?: { code: string; message: string }): Operation {
    const operation: Operation = {
      name: `operation-${randomUUID()}`,
      status: 'RUNNING',
      ...scopeOf(path),
      ...(failure === undefined ? {} : { error: { errors: [failure] } }),
    };
    this.#operations.set(operation.name, operation);
    return operation;
  }
}

function zone(name: string): Record<string, unknown> {
  return {
    name,
    status: 'UP',
    region: `https://www.googleapis.com/compute/v1/projects/${GCP_PROJECT}/regions/europe-west1`,
  };
}

function scopeOf(path: string): { zone?: string; region?: string } {
  const [kind, name] = path.split('/');
  const url = `https://www.googleapis.com/compute/v1/projects/${GCP_PROJECT}/${kind}/${name}`;
  return kind === 'zones' ? { zone: url } : kind === 'regions' ? { region: url } : {};
}

/** Paths of the resources that a body names. */
function referencesOf(body: Record<string, unknown>): string[] {
  const text = JSON.stringify({ network: body.network, networkInterfaces: body.networkInterfaces });
  return [...text.matchAll(/"((?:global\/networks|regions\/[^/"]+\/subnetworks)\/[^"]+)"/g)].map(
    ([, path = '']) => path,
  );
}

function natIpOf({ networkInterfaces }: Record<string, unknown>): unknown {
  const [first] = (networkInterfaces ?? []) as Array<{ accessConfigs?: Array<{ natIP?: unknown }> }>;
  return first?.accessConfigs?.[0]?.natIP;
}

function given(body: unknown): ComputeAnswer {
  return { status: 200, body, findings: [] };
}

function refused(status: number, reason: string, message: string, findings: string[] = []): ComputeAnswer {
  return {
    status,
    body: { error: { code: status, message, errors: [{ reason, message, domain: 'global' }] } },
    findings,
  };
}
