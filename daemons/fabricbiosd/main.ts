/**
 * `fabricbiosd control-server` is one cell (docs/fabric-control.md has its flags).
 * `fabricbiosd profile` repeats one run and counts its instructions (docs/profile.md).
 */
import { runDaemon } from '../protocol/daemonLifetime.ts';
import { daemonLog } from '../protocol/daemonLog.ts';
import { startCell } from './cell.ts';
import { cellOptions, lifetimeFlags } from './options.ts';

const argv = process.argv.slice(2);
if (argv[0] === 'profile') {
  const { profileRun } = await import('./profileRun.ts');
  const job = await new Promise<string>((resolve) => {
    let text = '';
    process.stdin.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (part.endsWith('\n')) resolve(text);
    });
    // Whoever asked is gone.
    process.stdin.on('end', () => process.exit(1));
  });
  process.stdout.write(JSON.stringify(await profileRun(JSON.parse(job))), () => process.exit(0));
} else {
  const log = daemonLog('fabricbiosd');
  await runDaemon({ ...lifetimeFlags(argv), log }, async () => startCell(cellOptions(argv), log));
}
