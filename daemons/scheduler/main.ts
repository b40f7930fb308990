/** `grafos-scheduler`: reads its flags and files, then lives as daemonLifetime says. */
import { runDaemon } from '../protocol/daemonLifetime.ts';
import { daemonLog } from '../protocol/daemonLog.ts';
import { preloadTransport } from '../protocol/fabricClient.ts';
import { packageVersion } from '../protocol/packageVersion.ts';
import { openCellSession } from './fabric/openCellSession.ts';
import { readFlags } from './flags.ts';
import { readTrust } from './readTrust.ts';
import { startScheduler } from './scheduler.ts';

const log = daemonLog('scheduler');
const argv = process.argv.slice(2);
// The failed line also reports a bad flag, so the two flags that decide its form are looked for
// first.
const lifeline = argv.includes('--lifeline');
const stateFileAt = argv.indexOf('--state-file');
const stateFile = stateFileAt < 0 ? undefined : argv[stateFileAt + 1];

await runDaemon({ lifeline, stateFile, log }, async (_stopRequested, told) => {
  const flags = readFlags(argv);
  const files = readTrust(flags);
  // Most of connecting is loading, which need not wait until the cell says where it is.
  preloadTransport(flags.fabricTransport);
  const { host, port, cellId, stateDir, fabric, fabricTransport } = flags;
  const cell =
    fabric === null ? told('fabric').then(toldCell) : Promise.resolve({ transport: fabricTransport, address: fabric });
  let isTcpOnly = false;
  const scheduler = await startScheduler({
    host,
    port,
    files,
    cellId,
    stateDir,
    version: packageVersion(),
    log,
    stateFile,
    cellProcess: told('cell').then(JSON.parse),
    connectCell: async (news) => {
      const { transport, address } = await cell;
      // Once UDP did not reach the cell, TCP stays in use: no reconnect waits for QUIC again.
      const session = await openCellSession({ address, transport: isTcpOnly ? 'tcp' : transport, ...files }, news);
      if (transport === 'auto' && !isTcpOnly && session.identity.transport === 'tcp') {
        isTcpOnly = true;
        log.warn(`QUIC does not connect to the cell at ${address}: UDP does not get through. TCP is used instead.`);
      }
      return session;
    },
  });
  return { facts: { url: scheduler.url }, later: { linked: scheduler.linked }, stop: () => scheduler.stop() };
});

/** `quic 127.0.0.1:1234`: only the cell knows whether QUIC loaded. */
function toldCell(fact: string): { transport: 'quic' | 'tcp' | 'auto'; address: string } {
  const [transport, address] = fact.split(' ');
  if ((transport !== 'quic' && transport !== 'tcp' && transport !== 'auto') || address === undefined)
    throw new Error(`"${fact}" names no cell`);
  return { transport, address };
}
