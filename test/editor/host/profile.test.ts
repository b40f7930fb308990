import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import * as vscode from 'vscode';
import { SETTINGS } from '../../../extension/ids.ts';
import { until } from './until.ts';
import { inProgram, show } from './workspace.ts';

const LOOP = `export function compute(input: Uint8Array): Uint8Array {
  let sum = 0;
  for (let i = 0; i < 1000; i++) sum += i % 7;
  const output = new Uint8Array(1);
  output[0] = <u8>sum;
  return output;
}
`;

const WHOLE = new vscode.Range(0, 0, 10_000, 0);

describe('the newest profile in the source', () => {
  const grafos = (...args: string[]) => {
    const extension = vscode.extensions.getExtension('grafos.grafos');
    assert.ok(extension);
    const command = join(extension.extensionPath, 'bin', 'grafos.cjs');
    return promisify(execFile)(process.execPath, [command, ...args], {
      cwd: dirname(inProgram('grafos.toml').fsPath),
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
    });
  };
  const hints = async (uri: vscode.Uri) => {
    const found = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      uri,
      WHOLE,
    );
    return found.map(({ label }) => (typeof label === 'string' ? label : label.map(({ value }) => value).join('')));
  };

  it('is off until it is switched on, and then says the part of each line', async () => {
    const source = inProgram('tasklets/local-dev.ts').fsPath;
    const before = await readFile(source, 'utf8');
    await writeFile(source, LOOP);
    await grafos('tasklet', 'build');
    await grafos('dev', 'up');
    try {
      await grafos('deploy', 'run', '--tasklet', 'local-dev', '--profile');
    } finally {
      await grafos('dev', 'down');
    }
    const { document } = await show('tasklets/local-dev.ts');
    const isFuel = (label: string) => /^fuel \d+(\.\d)? %$/.test(label.trim());
    assert.ok(!(await hints(document.uri)).some(isFuel));
    const settings = vscode.workspace.getConfiguration();
    const again = new vscode.EventEmitter<void>();
    const timer = setInterval(() => again.fire(), 250);
    await settings.update(SETTINGS.profileInSource, true, vscode.ConfigurationTarget.Workspace);
    try {
      // The language server starts again with the setting, and nothing tells when it has.
      await until('the hints', [again.event], async () => (await hints(document.uri)).some(isFuel));
    } finally {
      clearInterval(timer);
      again.dispose();
      await settings.update(SETTINGS.profileInSource, undefined, vscode.ConfigurationTarget.Workspace);
      await writeFile(source, before);
    }
  });
});
