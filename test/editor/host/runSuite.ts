/**
 * Entry point inside the extension host, for the companion extension and for @vscode/test-electron
 * alike.
 */
import Mocha from 'mocha';

export interface HostReport {
  passed: string[];
  failed: Array<{ title: string; error: string }>;
  pending: string[];
}

const suites = [
  () => import('./activation.test.ts'),
  () => import('./language.test.ts'),
  () => import('./typeScript.test.ts'),
  () => import('./assistants.test.ts'),
  () => import('./tasks.test.ts'),
  () => import('./stack.test.ts'),
  () => import('./profile.test.ts'),
];

export async function runSuite(): Promise<HostReport> {
  const mocha = new Mocha({ ui: 'bdd', timeout: 60_000, forbidOnly: true, reporter: Mocha.reporters.Base });
  mocha.suite.emit('pre-require', globalThis as unknown as Mocha.MochaGlobals, '', mocha);
  for (const load of suites) await load();
  const report: HostReport = { passed: [], failed: [], pending: [] };
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on('pass', (test) => report.passed.push(test.fullTitle()));
    runner.on('pending', (test) => report.pending.push(test.fullTitle()));
    runner.on('fail', (test, error) =>
      report.failed.push({ title: test.fullTitle(), error: String(error.stack ?? error) }),
    );
  });
  return report;
}

/**
 * The function that @vscode/test-electron calls.
 *
 * @throws {Error} with a list of the failures
 */
export async function run(): Promise<void> {
  const { passed, failed, pending } = await runSuite();
  if (failed.length === 0 && pending.length === 0 && passed.length > 0) return;
  throw new Error(
    [...failed.map(({ title, error }) => `${title}\n${error}`), ...pending.map((one) => `skipped: ${one}`)].join(
      '\n\n',
    ),
  );
}
