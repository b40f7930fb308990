/**
 * `fabricbiosd control-server` is one cell (docs/internals/fabric-control.md has its flags).
 * `fabricbiosd profile` repeats one run and counts its instructions (docs/guide/profile.md).
 */
import { runDaemon } from '../kit/daemonLifetime.ts';
import { cellOptions } from './flags.ts';
import { startCell } from './start.ts';

if (process.argv[2] === 'profile') {
  const { profileRun } = await import('./runs/profileRun.ts');
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
  await runDaemon('fabricbiosd', async ({ argv, log }) => startCell(cellOptions(argv), log));
}
