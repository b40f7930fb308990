import { connectFabric, type FabricClient, type FabricTarget } from '../../protocol/fabricClient.ts';
import { FABRIC_ERROR_CODES, type FabricErrorCode } from '../../protocol/fabricControl.ts';
import { GrafosError } from '../../protocol/grafosError.ts';
import { type CellNews, CellRefused, type CellSession } from './cellSession.ts';

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
  return {
    identity: client.identity,
    inventory: () => request('inventory', {}),
    leases: async () => (await request('lease.list', {})).leases,
    capability: (params) => request('cap.request', params),
    putModule: async (module_sha256, bytes) => {
      await request('module.put', { module_sha256, bytes: client.bytesOut(bytes) });
    },
    submit: async ({ input, ...job }) => {
      const outcome = await request('tasklet.submit', { ...job, input: client.bytesOut(input) });
      const [output, text] = await Promise.all([client.bytesIn(outcome.output), client.bytesIn(outcome.log)]);
      return { ...outcome, output, log: Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString('utf8') };
    },
    cancel: async (run_id) => (await request('tasklet.cancel', { run_id })).found,
    closed: client.closed,
    close: () => client.close(),
  };
}

function asCellRefused(error: unknown): unknown {
  if (!(error instanceof GrafosError) || error.kind !== 'refused') return error;
  return new CellRefused(isFabricCode(error.code) ? error.code : 'bad_request', error.message);
}

function isFabricCode(code: string): code is FabricErrorCode {
  return (FABRIC_ERROR_CODES as readonly string[]).includes(code);
}
