/**
 * Both suites of the real editor, against the VSIX of this platform: mocha inside the extension host, then the workbench in Chromium. Closes with
 * `N passed, N failed[, N skipped]`. Needs what `npm run build` made. `--electron`: only the first, in a VS Code that is downloaded.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { HostReport } from '../test/editor/host/runSuite.ts';
import { runInElectron } from '../test/editor/support/runInElectron.ts';
import { runInHost } from '../test/editor/support/runInHost.ts';
import { installExtensions } from '../test/editor/support/startEditor.ts';
import { installEditor } from './installEditor.ts';
import { packageFor } from './package.ts';

const root = join(import.meta.dirname, '..');
const given = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'grafos-editor-tests-'));
const total = { passed: 0, failed: 0, skipped: 0 };
try {
  const suite = join(root, 'build', 'editor-tests', 'runSuite.cjs');
  await build({
    absWorkingDir: root,
    entryPoints: ['test/editor/host/runSuite.ts'],
    outfile: suite,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  const vsix = await packageFor(`${process.platform}-${process.arch}`);
  if (given.includes('--electron')) {
    await runInElectron(vsix, suite);
    total.passed += 1;
  } else {
    rmSync(join(root, 'build', 'screenshots'), { recursive: true, force: true });
    const home = await installEditor((line) => console.log(line));
    console.log(`editor: ${home}`);
    const extensions = join(folder, 'extensions');
    mkdirSync(extensions);
    await installExtensions(extensions, [vsix]);
    const only = given.filter((one) => one.startsWith('test'));
    if (only.length === 0) count(await runInHost(vsix, suite));
    const report = join(folder, 'report.json');
    const code = await runMocha(extensions, report, only.length > 0 ? only : ['test/editor/workbench/**/*.test.ts']);
    const { stats } = JSON.parse(readFileSync(report, 'utf8'));
    total.passed += stats.passes;
    total.failed += Math.max(stats.failures, code === 0 ? 0 : 1);
    total.skipped += stats.pending;
  }
} catch (error) {
  console.error(error);
  total.failed += 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (process.env.CI === 'true') {
  total.failed += total.skipped;
  total.skipped = 0;
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped === 0 ? '' : `, ${total.skipped} skipped`}`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

function count({ passed, failed, pending }: HostReport): void {
  console.log('\n  inside the extension host');
  for (const title of passed) console.log(`    ✔ ${title}`);
  for (const title of pending) console.log(`    - ${title}`);
  for (const { title, error } of failed) console.log(`    ✖ ${title}\n${error.replace(/^/gm, '        ')}`);
  total.passed += passed.length;
  total.failed += failed.length;
  total.skipped += pending.length;
}

async function runMocha(extensions: string, report: string, files: string[]): Promise<number> {
  const mocha = createRequire(import.meta.url).resolve('mocha/bin/mocha.js');
  const reporter = join(import.meta.dirname, 'testReporter.cjs');
  const child = spawn(
    process.execPath,
    [mocha, '--reporter', reporter, '--reporter-option', `output=${report}`, '--timeout', '120000', ...files],
    { cwd: root, stdio: 'inherit', env: { ...process.env, GRAFOS_EDITOR_EXTENSIONS: extensions } },
  );
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return await new Promise<number>((resolve) => child.on('close', (exit) => resolve(exit ?? 1)));
}
