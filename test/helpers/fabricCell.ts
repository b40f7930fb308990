import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectFabric, type FabricClient } from '../../daemons/fabric/fabricClient.ts';
import type { CellOptions } from '../../daemons/fabricbiosd/flags.ts';
import { type CellFacts, startCell } from '../../daemons/fabricbiosd/start.ts';
import type { DaemonLog } from '../../daemons/kit/daemonLog.ts';
import type { PeerFiles } from '../../daemons/peers/peerFiles.ts';
import { type DevTrust, writeDevTrust } from '../../toolchain/trust/devTrust.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export interface TestCell extends AsyncDisposable {
  facts: CellFacts;
  trust: DevTrust;
  /** Lines of the cell's log. */
  log: string[];
  /** As the scheduler, unless another pair is given. */
  connect(pair?: { cert: string; key: string }): Promise<FabricClient>;
}

/** A cell in this process with trust of its own, gone when the block that holds it ends. */
export async function fabricCell(options: Partial<CellOptions> = {}): Promise<TestCell> {
  const folder = await temporaryFolder('grafos-cell-');
  try {
    const trust = writeDevTrust(join(folder.path, 'trust'), { tenant: 'dev-tenant', cellId: 'cell-1' });
    const log: string[] = [];
    const write = (text: string) => void log.push(text);
    const daemonLog: DaemonLog = { info: write, warn: write, error: write };
    const cell = await startCell({ ...cellOptions(trust), ...options }, daemonLog);
    const clients: FabricClient[] = [];
    return {
      facts: cell.facts,
      trust,
      log,
      connect: async (pair = trust.scheduler) => {
        const { control: address, transport } = cell.facts;
        const client = await connectFabric({ address, transport, ...pemsOf(trust, pair) });
        clients.push(client);
        return client;
      },
      [Symbol.asyncDispose]: async () => {
        for (const client of clients) client.close();
        await cell.stop();
        await folder[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await folder[Symbol.asyncDispose]();
    throw error;
  }
}

export function pemsOf(trust: DevTrust, pair: { cert: string; key: string }): PeerFiles {
  return {
    caPem: readFileSync(trust.ca, 'utf8'),
    certPem: readFileSync(pair.cert, 'utf8'),
    keyPem: readFileSync(pair.key, 'utf8'),
  };
}

function cellOptions(trust: DevTrust): CellOptions {
  return {
    bind: { host: '127.0.0.1', port: 0 },
    memHost: undefined,
    memBind: { host: '127.0.0.1', port: 0 },
    memCapacity: 131_072,
    transport: 'quic',
    cellId: 'cell-1',
    provider: 'local',
    region: 'test',
    ca: trust.ca,
    cert: trust.fabricbiosd.cert,
    key: trust.fabricbiosd.key,
    memCert: trust.memDataplane.cert,
    memKey: trust.memDataplane.key,
    workers: 2,
    meteredFolder: undefined,
  };
}
