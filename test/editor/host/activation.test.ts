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
