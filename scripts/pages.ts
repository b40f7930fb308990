/** Writes every generated page and schema; with `--check` fails when one differs from the code. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const makers = ['cliPage.ts', 'manPage.ts', 'apiPage.ts', 'manifestPage.ts', 'findingsIndex.ts', 'errorsPage.ts'];
let behind = false;
for (const maker of makers) {
  const { status } = spawnSync(process.execPath, [join(import.meta.dirname, maker), ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  behind ||= status !== 0;
}
process.exitCode = behind ? 1 : 0;
