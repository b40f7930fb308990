/** `grafos-scheduler`: reads its flags and files, then lives as daemonLifetime says. */

import { packageVersion } from '../../base/packageVersion.ts';
import { hasQuic, preloadTransport } from '../fabric/fabricClient.ts';
import { runDaemon } from '../kit/daemonLifetime.ts';
import { readTrust } from '../kit/trust.ts';
import { openCellSession } from './fabric/openCellSession.ts';
import { readSchedulerFlags } from './flags.ts';
import { startScheduler } from './start.ts';

/** The scheduler as the client of its cell. Its own clients check the host of its certificate. */
const PART = { usage: 'client', roles: ['scheduler'] } as const;
const TRUST_CODES = { unreadable: 'trust_unreadable', notPem: 'certificate_unfit' } as const;

await runDaemon('scheduler', async ({ argv, log, fact }) => {
  const flags = readSchedulerFlags(argv);
  const files = await readTrust(flags, PART, TRUST_CODES);
  // Most of connecting is loading, which need not wait until the cell says where it is.
  preloadTransport(flags.fabricTransport);
  const { cellId, stateDir, stateFile, fabric, fabricTransport } = flags;
  const cell =
    fabric === 'lifeline'
      ? fact('fabric').then(cellOf)
      : Promise.resolve({ transport: fabricTransport, address: fabric });
  let isTcpOnly = false;
  const scheduler = await startScheduler({
    ...flags.bind,
    files,
    cellId,
    stateDir,
    door: flags.door,
    version: packageVersion(),
    log,
    stateFile,
    cellProcess: fact('cell').then(JSON.parse),
    connectCell: async (news) => {
      const { transport, address } = await cell;
      // Once UDP did not reach the cell, TCP stays in use: no reconnect waits for QUIC again.
      const session = await openCellSession({ address, transport: isTcpOnly ? 'tcp' : transport, ...files }, news);
      if (transport === 'auto' && !isTcpOnly && session.identity.transport === 'tcp') {
        isTcpOnly = true;
        // The cell on this machine says why where QUIC does not load.
        if (await hasQuic())
          log.warn(`QUIC does not connect to the cell at ${address}: UDP does not get through. TCP is used instead.`);
      }
      return session;
    },
  });
  return {
    facts: { url: scheduler.url },
    later: { linked: scheduler.linked },
    answers: {
      status: () => JSON.stringify(scheduler.status()),
      connected: () => scheduler.connected().then(() => 'now'),
      idle: () => scheduler.idle().then(() => 'now'),
      drain: () => scheduler.drain().then(() => 'done'),
      reload: async () => (scheduler.renew(await readTrust(flags, PART, TRUST_CODES)) ? 'done' : 'restart'),
    },
    stop: () => scheduler.stop(),
  };
});

/** `quic 127.0.0.1:1234`: only the cell knows whether QUIC loaded. */
function cellOf(fact: string): { transport: 'quic' | 'tcp' | 'auto'; address: string } {
  const [transport, address] = fact.split(' ');
  if ((transport !== 'quic' && transport !== 'tcp' && transport !== 'auto') || address === undefined)
    throw new Error(`"${fact}" names no cell`);
  return { transport, address };
}
