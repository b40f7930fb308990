import { GrafosError } from '../../../base/grafosError.ts';
import { connectFabric, type FabricClient, type FabricTarget } from '../../fabric/fabricClient.ts';
import { FABRIC_ERROR_CODES, type FabricErrorCode } from '../../wire/fabricControl.ts';
import { type CellNews, CellRefusedError, type CellSession } from './cellSession.ts';
import { cellWorkers } from './cellWorkers.ts';

/**
 * Connects to the cell and receives its news. This is the one place that knows the fabric client.
 * It throws the errors of {@link connectFabric}.
 */
export async function openCellSession(target: FabricTarget, news: CellNews): Promise<CellSession> {
  const client = await connectFabric(target);
  client.onNotification('run.state', ({ run_id }) => news.running(run_id));
  client.onNotification('run.log', ({ run_id, text }) => news.log(run_id, text));
  const request: FabricClient['request'] = async (method, params) => {
    try {
      return await client.request(method, params);
    } catch (error) {
      throw asCellRefused(error);
    }
  };
  const { workers_max, short_ms, long_ms, ...identity } = client.identity;
  const workers = cellWorkers({ workers_max, short_ms, long_ms });
  return {
    identity,
    workers,
    inventory: () => request('inventory', {}),
    leases: async () => (await request('lease.list', {})).leases,
    capability: (params) => request('cap.request', params),
    putModule: async (module_sha256, bytes) => {
      await request('module.put', { module_sha256, bytes: client.bytesOut(bytes) });
    },
    submit: async ({ input, ...job }) => {
      const outcome = await request('tasklet.submit', { ...job, input: client.bytesOut(input) });
      const [output, text] = await Promise.all([client.bytesIn(outcome.output), client.bytesIn(outcome.log)]);
      const log = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8');
      return { ...outcome, output, log, short: outcome.short ?? outcome.duration_us < workers.short_ms * 1000 };
    },
    cancel: async (run_id) => (await request('tasklet.cancel', { run_id })).found,
    closed: client.closed,
    close: () => client.close(),
  };
}

function asCellRefused(error: unknown): unknown {
  if (!(error instanceof GrafosError) || error.kind !== 'refused') return error;
  return new CellRefusedError(isFabricCode(error.code) ? error.code : 'bad_request', error.message);
}

function isFabricCode(code: string): code is FabricErrorCode {
  return (FABRIC_ERROR_CODES as readonly string[]).includes(code);
}
