/** `grafos-scheduler`: reads its flags and files, then lives as daemonLifetime says. */
import { runDaemon } from '../protocol/daemonLifetime.ts';
import { daemonLog } from '../protocol/daemonLog.ts';
import { openCellSession } from './fabric/openCellSession.ts';
import { readFlags } from './flags.ts';
import { readTrust } from './readTrust.ts';
import { startScheduler } from './scheduler.ts';
import { VERSION } from './version.ts';

const log = daemonLog('scheduler');
const argv = process.argv.slice(2);
// A bad flag is told on the failed line like everything else, so the two that decide how we live are looked for first.
const lifeline = argv.includes('--lifeline');
const stateFileAt = argv.indexOf('--state-file');
const stateFile = stateFileAt < 0 ? undefined : argv[stateFileAt + 1];

await runDaemon({ lifeline, stateFile, log }, async (_stopRequested, told) => {
  const flags = readFlags(argv);
  const files = readTrust(flags);
  const address = flags.fabric === null ? told('fabric') : Promise.resolve(flags.fabric);
  const { host, port, cellId, stateDir, fabricTransport: transport } = flags;
  const scheduler = await startScheduler({
    host,
    port,
    files,
    cellId,
    stateDir,
    version: VERSION,
    log,
    connectCell: async (news) => openCellSession({ address: await address, transport, ...files }, news),
  });
  return { facts: { url: scheduler.url }, stop: () => scheduler.stop() };
});
