/** `helper`: the "Run locally" helper of the local stack (docs/helper.md). */
import { runDaemon } from '../protocol/daemonLifetime.ts';
import { daemonLog } from '../protocol/daemonLog.ts';
import { helperOptions } from './options.ts';
import { startHelper } from './startHelper.ts';

const argv = process.argv.slice(2);
const log = daemonLog('helper');
// The failed line also reports a bad flag, so the two flags that decide its form are looked for
// first.
const lifeline = argv.includes('--lifeline');
const stateFileAt = argv.indexOf('--state-file');
const stateFile = stateFileAt < 0 ? undefined : argv[stateFileAt + 1];

await runDaemon({ lifeline, stateFile, log }, async (_stopRequested, told) =>
  startHelper({ ...(await helperOptions(argv, told)), log }),
);
