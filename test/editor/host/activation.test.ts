import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { COMMANDS, SETTINGS } from '../../../extension/ids.ts';

const extension = vscode.extensions.getExtension('grafos.grafos');

describe('activation', () => {
  it('a folder with a grafos.toml wakes the extension', async () => {
    assert.ok(extension);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });

  it('every command of the manifest is registered', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    for (const id of Object.values(COMMANDS)) assert.ok(registered.has(id), id);
  });

  it('settings have the defaults that the manifest names', () => {
    assert.equal(vscode.workspace.getConfiguration().get(SETTINGS.memCapacity), '128KiB');
    assert.equal(vscode.workspace.getConfiguration().get(SETTINGS.keepRunning), false);
  });

  it('keeps the ports of a stack from being forwarded by themselves, beside what is set already', () => {
    const ports = vscode.workspace
      .getConfiguration('remote')
      .get<Record<string, { onAutoForward?: string }>>('portsAttributes', {});
    const command = `node --disable-wasm-trap-handler ${extension?.extensionPath}/dist/daemons/scheduler.js --lifeline`;
    const ours = Object.keys(ports).filter((key) => new RegExp(key).test(command));
    assert.deepEqual(
      ours.map((key) => ports[key]?.onAutoForward),
      ['ignore'],
    );
    assert.ok('443' in ports, Object.keys(ports).join(', '));
  });

  it('is the packed one: nothing of the source tree came along', async () => {
    assert.ok(extension);
    const inside = async (path: string) =>
      await vscode.workspace.fs.stat(vscode.Uri.joinPath(extension.extensionUri, path)).then(
        () => true,
        () => false,
      );
    assert.equal(await inside('dist/extension/main.cjs'), true);
    assert.equal(await inside('extension/ids.ts'), false);
    assert.equal(await inside('node_modules/fastify'), false);
  });
});
