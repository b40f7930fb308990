/** The scheduler's end of fabric control (docs/internals/fabric-control.md). */
import { CancellationTokenSource, ResponseError } from 'vscode-jsonrpc/node';
import { GrafosError } from '../../base/grafosError.ts';
import { parseHostPort } from '../../base/hostPort.ts';
import type { PeerFiles } from '../peers/peerFiles.ts';
import { PeerRefusedError } from '../peers/peerRefused.ts';
import {
  type FabricErrorCode,
  type FabricMethods,
  type FabricNotifications,
  isFabricErrorCode,
  type Payload,
} from '../wire/fabricControl.ts';
import { BLOB_BYTES_MAX, PayloadInvalidError } from './blobExchange.ts';
import type { ControlLink, DialOptions } from './controlLink.ts';
import { createFabricConnection } from './fabricConnection.ts';

export interface FabricClient {
  readonly transport: 'quic' | 'tcp';
  /** The cell's answer to the first question, which proves the connection. */
  readonly identity: FabricMethods['identity']['result'];
  /**
   * Sends a request. Aborting the signal of `tasklet.submit` cancels the run; its outcome is still
   * awaited. Any other request is given up at once, with an error of the kind `interrupted`.
   *
   * @throws {GrafosError} a code of FABRIC_ERROR_CODES, or of kind `unreachable`:
   *   fabric_connection_lost
   */
  request<M extends keyof FabricMethods>(
    method: M,
    params: FabricMethods[M]['params'],
    options?: { signal?: AbortSignal },
  ): Promise<FabricMethods[M]['result']>;
  /**
   * Makes the part of a message for some bytes. They begin to travel at once and must not change.
   * At most 32 MiB.
   */
  bytesOut(bytes: Uint8Array): Payload;
  /** The bytes of a payload of an answer; each payload can be taken once. */
  bytesIn(payload: Payload): Promise<Uint8Array>;
  onNotification<N extends keyof FabricNotifications>(
    name: N,
    listener: (params: FabricNotifications[N]) => void,
  ): void;
  /** Why the connection ended. Never rejects. */
  readonly closed: Promise<string>;
  close(): void;
}

export interface FabricTarget extends PeerFiles {
  /** host:port. */
  address: string;
  /** `auto` tries QUIC, and TCP where QUIC does not connect within {@link QUIC_MS}. */
  transport: 'quic' | 'tcp' | 'auto';
  /** Milliseconds until the cell must have answered; 5000 when not given. */
  timeoutMs?: number;
}

/** Preloads the transport module. Errors of loading surface in {@link connectFabric}. */
export function preloadTransport(transport: FabricTarget['transport']): void {
  loadDialler(transport === 'tcp' ? 'tcp' : 'quic').catch(() => {});
}

/** True where this machine has QUIC. Some processors have no native half of it. */
export async function hasQuic(): Promise<boolean> {
  return loadDialler('quic').then(
    () => true,
    () => false,
  );
}

/**
 * Connects to a cell.
 *
 * @throws {PeerRefusedError} when either end refuses the other
 * @throws {GrafosError} fabric_unreachable, fabric_address_invalid
 */
export async function connectFabric(target: FabricTarget): Promise<FabricClient> {
  const { address, transport, timeoutMs = 5_000, ...trust } = target;
  const where = parseHostPort(address);
  if (where === undefined) {
    throw new GrafosError('fabric_address_invalid', `"${address}" is no address of a cell.`, {
      next: 'Write host:port, such as 127.0.0.1:41233.',
    });
  }
  const options = { ...where, trust, timeoutMs };
  const link = transport === 'auto' ? await dialEither(options) : await (await loadDialler(transport))(options);
  const connection = createFabricConnection(link);
  const { rpc, blobs } = connection;
  rpc.listen();

  const request: FabricClient['request'] = async (method, params, { signal } = {}) => {
    const cancel = signal === undefined ? undefined : new CancellationTokenSource();
    let onAbort = () => {};
    try {
      const answer: Promise<FabricMethods[typeof method]['result']> =
        // A token that is undefined would be taken for a second parameter.
        cancel === undefined ? rpc.sendRequest(method, params) : rpc.sendRequest(method, params, cancel.token);
      if (signal === undefined) return await answer;
      const aborted = new Promise<never>((_resolve, reject) => {
        onAbort = () => {
          cancel?.cancel();
          if (method !== 'tasklet.submit') reject(new GrafosError('cancelled', `${method} was given up.`));
        };
      });
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
      answer.catch(() => {});
      return await Promise.race([answer, aborted]);
    } catch (error) {
      if (error instanceof GrafosError) throw error;
      throw await requestError(error, link);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      cancel?.dispose();
    }
  };

  let identity: FabricClient['identity'];
  try {
    identity = await withDeadline(request('identity', {}), timeoutMs);
  } catch (error) {
    link.close('the cell did not answer');
    throw link.refusal ?? error;
  }
  return {
    transport: link.transport,
    identity,
    request,
    bytesOut: (bytes) => blobs.send(bytes),
    bytesIn: async (payload) => {
      try {
        return await blobs.receive(payload, BLOB_BYTES_MAX);
      } catch (error) {
        if (!(error instanceof PayloadInvalidError)) throw error;
        throw new GrafosError('fabric_payload_invalid', 'The cell did not send what it announced.', {
          why: error.message,
          cause: error,
        });
      }
    },
    onNotification: (name, listener) => {
      rpc.onNotification(name, listener);
    },
    closed: link.closed,
    close: () => link.close('the scheduler is done'),
  };
}

/** Time that QUIC may take to connect before TCP is tried, milliseconds. */
const QUIC_MS = 1_000;

/** Packet filters let no UDP through in many places, where TCP of the same port number works. */
async function dialEither(options: DialOptions): Promise<ControlLink> {
  try {
    const dial = await loadDialler('quic');
    return await dial({ ...options, timeoutMs: Math.min(options.timeoutMs, QUIC_MS) });
  } catch (error) {
    // A cell that was reached and refused is refused on either transport.
    if (error instanceof PeerRefusedError) throw error;
    return (await loadDialler('tcp'))(options);
  }
}

async function loadDialler(transport: 'quic' | 'tcp') {
  if (transport === 'tcp') return (await import('./controlTcp.ts')).dialControlTcp;
  try {
    return (await import('./controlQuic.ts')).dialControlQuic;
  } catch (cause) {
    throw new GrafosError('quic_unavailable', 'QUIC is not available on this machine.', {
      why: cause instanceof Error ? cause.message : String(cause),
      next: 'Start the cell and the scheduler with --transport tcp.',
      cause,
    });
  }
}

async function requestError(error: unknown, link: ControlLink): Promise<Error> {
  if (error instanceof ResponseError && isCoded(error.data)) {
    return new GrafosError(error.data.code, error.message);
  }
  if (error instanceof ResponseError && error.code !== PENDING_REJECTED) {
    return new GrafosError('bad_request', error.message);
  }
  const why = await Promise.race([link.closed, Promise.resolve(undefined)]);
  return new GrafosError('fabric_connection_lost', 'The connection to the cell was lost.', {
    why: why ?? (error instanceof Error ? error.message : String(error)),
    cause: error,
  });
}

/** `ErrorCodes.PendingResponseRejected`: the connection ended before the answer. */
const PENDING_REJECTED = -32_097;

function isCoded(data: unknown): data is { code: FabricErrorCode } {
  return typeof data === 'object' && data !== null && 'code' in data && isFabricErrorCode(data.code);
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new GrafosError('fabric_unreachable', `The cell did not answer within ${ms} ms.`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
