import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { packageFor } from '../packaging/vsix.ts';
import type { HostReport } from '../test/editor/host/runSuite.ts';
import { installEditor } from '../test/editor/support/installEditor.ts';
import { runInElectron } from '../test/editor/support/runInElectron.ts';
import { runInHost } from '../test/editor/support/runInHost.ts';
import { installExtensions } from '../test/editor/support/startEditor.ts';
import { findChromium } from '../test/helpers/chromium.ts';
import { type Counts, failureText } from './counts.ts';
import { runMocha } from './runMocha.ts';

const root = join(import.meta.dirname, '..');

/**
 * Runs both suites of the real editor against the VSIX of this platform: mocha inside the extension
 * host, then the workbench in Chromium.
 *
 * It needs the output of `npm run build`, and leaves screenshots in build/screenshots.
 *
 * @param files the workbench suites to run instead of everything
 */
export async function runEditorSuites(files: string[]): Promise<Counts> {
  if (findChromium() === undefined) {
    return none('the real-editor suites: no Chromium was found. Install it, or set CHROMIUM to the path of one.');
  }
  let home: string;
  try {
    home = await installEditor((line) => console.log(line));
  } catch (error) {
    return none(`the real-editor suites: code-server could not be installed. ${(error as Error).message}`);
  }
  console.log(`\neditor: ${home}`);
  const folder = mkdtempSync(join(tmpdir(), 'grafos-editor-tests-'));
  try {
    const vsix = await packageFor(`${process.platform}-${process.arch}`);
    rmSync(join(root, 'build', 'screenshots'), { recursive: true, force: true });
    const extensions = join(folder, 'extensions');
    mkdirSync(extensions);
    await installExtensions(extensions, [vsix]);
    const inHost = files.length === 0 ? report(await runInHost(vsix, await bundleSuite())) : none();
    const inWorkbench = await runMocha(
      ['--timeout', '120000', ...(files.length > 0 ? files : ['test/editor/workbench/**/*.test.ts'])],
      // The suites have a cache folder of their own, where no editor is installed.
      { GRAFOS_EDITOR_EXTENSIONS: extensions, GRAFOS_EDITOR_CACHE: resolve(home, '../../..') },
    );
    return {
      passed: inHost.passed + inWorkbench.passed,
      failed: inHost.failed + inWorkbench.failed,
      failures: [...inHost.failures, ...inWorkbench.failures],
      skipped: [...inHost.skipped, ...inWorkbench.skipped],
    };
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1, failures: [failureText('the real-editor suites', String(error))], skipped: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the suite inside the extension host alone, in a VS Code that is downloaded.
 *
 * @throws {Error} with the failure
 */
export async function runElectronSuite(): Promise<Counts> {
  await runInElectron(await packageFor(`${process.platform}-${process.arch}`), await bundleSuite());
  return { passed: 1, failed: 0, failures: [], skipped: [] };
}

function none(...skipped: string[]): Counts {
  return { passed: 0, failed: 0, failures: [], skipped };
}

async function bundleSuite(): Promise<string> {
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
  return suite;
}

function report({ passed, failed, pending }: HostReport): Counts {
  console.log('\n  inside the extension host');
  for (const title of passed) console.log(`    ✔ ${title}`);
  for (const title of pending) console.log(`    - ${title}`);
  for (const { title, error } of failed) console.log(`    ✖ ${title}\n${error.replace(/^/gm, '        ')}`);
  return {
    passed: passed.length,
    failed: failed.length,
    failures: failed.map(({ title, error }) => failureText(`inside the extension host: ${title}`, error)),
    skipped: pending,
  };
}
