import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { downloadAndUnzipVSCode, resolveCliArgsFromVSCodeExecutablePath, runTests } from '@vscode/test-electron';
import { programForEditor } from './programForEditor.ts';

/**
 * Runs the compiled suite in a desktop VS Code, which is downloaded when it is not there.
 *
 * @throws {Error} when a test fails, with the list
 */
export async function runInElectron(vsix: string, suite: string): Promise<void> {
  await using program = await programForEditor('local-dev');
  const vscodeExecutablePath = await downloadAndUnzipVSCode('stable');
  const folders = [
    `--extensions-dir=${join(program.root, '..', 'extensions')}`,
    `--user-data-dir=${join(program.root, '..', 'data')}`,
  ];
  const [cli, ...args] = resolveCliArgsFromVSCodeExecutablePath(vscodeExecutablePath);
  if (cli === undefined) throw new Error('VS Code came without its command');
  const installed = spawnSync(cli, [...args, ...folders, '--install-extension', vsix], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (installed.status !== 0) throw new Error(`installing ${vsix} ended with ${installed.status}`);
  await runTests({
    vscodeExecutablePath,
    // Something must be "in development" for the tests to start; the extension under test is the
    // installed one.
    extensionDevelopmentPath: join(import.meta.dirname, '..', 'companion'),
    extensionTestsPath: suite,
    launchArgs: [program.root, ...folders, '--disable-workspace-trust', '--disable-telemetry', '--skip-welcome'],
  });
}
