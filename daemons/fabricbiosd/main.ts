/**
 * `fabricbiosd control-server` is one cell (docs/internals/fabric-control.md has its flags).
 * `fabricbiosd profile` repeats one run and counts its instructions (docs/guide/profile.md).
 */
import { runDaemon } from '../kit/daemonLifetime.ts';
import { boundSelf, endSelf } from './boundary/boundSelf.ts';
import { cellOptions } from './flags.ts';
import { startCell } from './start.ts';

if (process.argv[2] === 'profile') {
  const [memory = 0, cpuMs = 0] = process.argv.slice(3, 5).map(Number);
  boundSelf({ memory, cpuMs });
  const { profileRun } = await import('./runs/profileRun.ts');
  const job = await new Promise<string>((resolve) => {
    let text = '';
    process.stdin.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (part.endsWith('\n')) resolve(text);
    });
    // Whoever asked is gone.
    process.stdin.on('end', endSelf).on('error', endSelf);
    process.stdout.on('error', endSelf);
  });
  process.stdout.write(JSON.stringify(await profileRun(JSON.parse(job))), () => process.exit(0));
} else {
  await runDaemon('fabricbiosd', async ({ argv, log }) => startCell(cellOptions(argv), log));
}
