/**
 * The cell's end of fabric control: one handler for each method, on every link that the listener
 * admits.
 */
import { type CancellationToken, ErrorCodes, ResponseError } from 'vscode-jsonrpc/node';
import { LIMITS } from '../../../base/limits.ts';
import { PayloadInvalidError } from '../../fabric/blobExchange.ts';
import type { ControlLink } from '../../fabric/controlLink.ts';
import { createFabricConnection, type FabricConnection } from '../../fabric/fabricConnection.ts';
import type { DaemonLog } from '../../kit/daemonLog.ts';
import type { CapabilityMint } from '../../peers/capabilityToken.ts';
import type {
  FabricErrorCode,
  FabricMethods,
  FabricNotifications,
  Payload,
  TaskletOutcome,
  TaskletSubmit,
} from '../../wire/fabricControl.ts';
import { type CellClock, rfc3339 } from '../leases/cellClock.ts';
import { type LeaseTable, leaseView } from '../leases/leaseTable.ts';
import type { Runtime } from '../pool/runtime.ts';
import type { CellOutcome } from '../runs/outcomeCache.ts';
import { asRefused, type TaskletRuns } from '../runs/taskletRuns.ts';
import { parseParams, payloadOf } from './controlParams.ts';
import { FabricRefusedError } from './fabricRefused.ts';

export interface ControlServerOptions {
  identity: () => FabricMethods['identity']['result'];
  leases: LeaseTable;
  mint: CapabilityMint;
  runtime: Runtime;
  runs: TaskletRuns;
  clock: CellClock;
  log: DaemonLog;
}

type Handler<M extends keyof FabricMethods> = (
  params: FabricMethods[M]['params'],
  cancelled: CancellationToken,
) => FabricMethods[M]['result'] | Promise<FabricMethods[M]['result']>;

type Handlers = { [M in keyof FabricMethods]: Handler<M> };

/** Which field of a method's parameters carries bytes. */
const PAYLOAD_FIELD: Partial<Record<keyof FabricMethods, string>> = {
  'module.put': 'bytes',
  'tasklet.submit': 'input',
};

/**
 * Time after which a run is announced as running, milliseconds.
 *
 * Most runs end sooner. Their announcement would cost a packet, an acknowledgement and a state
 * change at the scheduler, to be overtaken by the outcome.
 */
const ANNOUNCE_MS = 5;

export class ControlServer {
  readonly #options: ControlServerOptions;
  #stopping = false;

  constructor(options: ControlServerOptions) {
    this.#options = options;
  }

  /** Serves an authenticated link until it ends. Runs it started go on to their end. */
  serve(link: ControlLink): void {
    const { log } = this.#options;
    const who = `${link.peer.role} ${link.peer.name} at ${link.address}`;
    log.info(`control link from ${who} over ${link.transport}`);
    const connection = createFabricConnection(link);
    const { rpc } = connection;
    const handlers = this.#handlers(connection, link);
    for (const method of Object.keys(handlers) as Array<keyof FabricMethods>) {
      rpc.onRequest(method, async (params: unknown, cancelled: CancellationToken): Promise<unknown> => {
        try {
          if (this.#stopping) throw new FabricRefusedError('shutting_down', 'The cell is shutting down.');
          return await call(handlers, method, parse(method, params, connection), cancelled);
        } catch (error) {
          throw this.#responseError(method, error);
        }
      });
    }
    rpc.onError(([error]) => log.warn(`control link from ${who}: ${error.message}`));
    rpc.listen();
    void link.closed.then((reason) => log.info(`control link from ${who} ended: ${reason}`));
  }

  /** From now on every request is refused. */
  stop(): void {
    this.#stopping = true;
  }

  #handlers(connection: FabricConnection, { transport }: ControlLink): Handlers {
    const { identity, leases, runtime, runs } = this.#options;
    return {
      identity: () => ({ ...identity(), transport }),
      inventory: () => {
        const { runs_active, workers } = runtime.stats();
        return { mem_capacity: leases.capacity, mem_leased: leases.leased, leases: leases.size, runs_active, workers };
      },
      'lease.alloc': ({ tenant, bytes, ttl_ms }) => leaseView(leases.alloc({ tenant, bytes, ttlMs: ttl_ms })),
      'lease.renew': ({ lease_id, ttl_ms }) => leaseView(leases.renew(lease_id, ttl_ms)),
      'lease.free': ({ lease_id }) => {
        leases.free(lease_id);
        return {};
      },
      'lease.list': () => ({ leases: leases.list().map(leaseView) }),
      'cap.request': (params) => this.#grant(params),
      'module.put': async ({ module_sha256, bytes }) => {
        const module = await received(connection, bytes, LIMITS.module, 'module_too_large');
        await runtime.putModule(module_sha256, module);
        return { module_sha256 };
      },
      'tasklet.submit': (params, cancelled) => this.#submit(params, cancelled, connection),
      'tasklet.cancel': ({ run_id }) => ({ found: runs.cancel(run_id) }),
    };
  }

  #grant({ lease_id, tenant, rights, ttl_ms }: FabricMethods['cap.request']['params']) {
    const { leases, mint, clock } = this.#options;
    const lease = leases.get(lease_id);
    if (lease === undefined)
      throw new FabricRefusedError('lease_unknown', `There is no lease ${lease_id}; it may have ended.`);
    if (lease.tenant !== tenant) {
      throw new FabricRefusedError('lease_of_another_tenant', `The lease ${lease_id} is not of the tenant ${tenant}.`);
    }
    const expires_at = rfc3339(Math.min(clock() + ttl_ms, lease.expiresAt));
    const { generation } = lease;
    const token = mint.mint({
      tenant_id: tenant,
      resource_id: `mem:${this.#options.identity().cell_id}`,
      lease_id,
      generation,
      expires_at,
      caveats: { rights, offset: 0, length: lease.bytes },
    });
    return { token, lease_id, generation, expires_at };
  }

  async #submit(
    { input, ...request }: TaskletSubmit,
    cancelled: CancellationToken,
    connection: FabricConnection,
  ): Promise<TaskletOutcome> {
    const { runs } = this.#options;
    const { run_id } = request;
    const before = runs.known(request);
    if (before !== undefined) {
      connection.blobs.discard(input);
      return answer(await before, connection);
    }
    const bytes = await received(connection, input, LIMITS.input, 'input_too_large');
    // A link that is gone must not stop a run or the cell. It may throw at once or reject later.
    const notify = <N extends keyof FabricNotifications>(name: N, params: FabricNotifications[N]) => {
      const sending = async () => connection.rpc.sendNotification(name, params);
      sending().catch(() => {});
    };
    let announcement: NodeJS.Timeout | undefined;
    const outcome = runs.submit(request, bytes, {
      running: () => {
        announcement = setTimeout(() => notify('run.state', { run_id, state: 'running' }), ANNOUNCE_MS);
      },
      log: (text) => notify('run.log', { run_id, text }),
    });
    const cancel = () => runs.cancel(run_id);
    const listening = cancelled.onCancellationRequested(cancel);
    if (cancelled.isCancellationRequested) cancel();
    try {
      return answer(await outcome, connection);
    } finally {
      clearTimeout(announcement);
      listening.dispose();
    }
  }

  #responseError(method: string, caught: unknown): ResponseError<{ code: FabricErrorCode }> {
    const error = asRefused(caught);
    if (error instanceof FabricRefusedError) return new ResponseError(REFUSED, error.message, { code: error.code });
    this.#options.log.error(`${method}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return new ResponseError(ErrorCodes.InternalError, 'The cell failed to answer; its log says why.', {
      code: 'internal_error',
    });
  }
}

function call<M extends keyof FabricMethods>(
  handlers: Handlers,
  method: M,
  params: FabricMethods[M]['params'],
  cancelled: CancellationToken,
) {
  const handler: Handler<M> = handlers[method];
  return handler(params, cancelled);
}

/** JSON-RPC error code of every refusal. `data.code` says which one it is. */
const REFUSED = -32_000;

function parse<M extends keyof FabricMethods>(method: M, params: unknown, connection: FabricConnection) {
  try {
    return parseParams[method](params);
  } catch (error) {
    const field = PAYLOAD_FIELD[method];
    const payload = field === undefined ? undefined : payloadOf(params, field);
    if (payload !== undefined) connection.blobs.discard(payload);
    throw error;
  }
}

async function received(
  { blobs }: FabricConnection,
  payload: Payload,
  bytesMax: number,
  tooLarge: FabricErrorCode,
): Promise<Uint8Array> {
  try {
    return await blobs.receive(payload, bytesMax);
  } catch (error) {
    if (!(error instanceof PayloadInvalidError)) throw error;
    throw new FabricRefusedError(error.code === 'too_large' ? tooLarge : 'bad_request', error.message);
  }
}

function answer({ output, log, ...outcome }: CellOutcome, { blobs }: FabricConnection): TaskletOutcome {
  return { ...outcome, output: blobs.send(output), log: blobs.send(Buffer.from(log)) };
}
