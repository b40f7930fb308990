import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { COMMANDS } from '../../../extension/ids.ts';
import { inProgram } from './workspace.ts';

const devState = () =>
  readFile(inProgram('.grafos/dev/dev.json').fsPath, 'utf8').then(
    (text) => JSON.parse(text),
    () => undefined,
  );

describe('the local stack by commands', () => {
  it('starts, and starting again leaves the one that runs', async () => {
    await vscode.commands.executeCommand(COMMANDS.stackStart);
    const first = await devState();
    assert.ok(first, 'no dev.json');
    assert.match(first.scheduler_url, /^https:\/\/127\.0\.0\.1:\d+$/);
    await vscode.commands.executeCommand(COMMANDS.stackStart);
    assert.equal((await devState())?.started_at, first.started_at);
  });

  it('stops, and nothing of it stays', async () => {
    const { daemons } = await devState();
    await vscode.commands.executeCommand(COMMANDS.stackStop);
    assert.equal(await devState(), undefined);
    for (const [name, { pid }] of Object.entries<{ pid: number }>(daemons)) {
      const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      assert.ok(state === '' || / Z /.test(state), `${name} lives on`);
    }
  });
});
