import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { TASK_COMMANDS, TASK_TYPE } from '../../../extension/ids.ts';
import { until } from './until.ts';
import { inProgram } from './workspace.ts';

describe('tasks', () => {
  it('are offered for the program, but for a deploy, which needs a provider', async () => {
    const offered = (await vscode.tasks.fetchTasks({ type: TASK_TYPE })).map(({ definition }) => definition.command);
    assert.deepEqual(offered.sort(), TASK_COMMANDS.filter((command) => command !== 'deploy').sort());
  });

  it('watch a program: what it finds in a file that is not open becomes a problem', async () => {
    const lonely = inProgram('fixtures/local-dev/lonely.expected.json');
    await vscode.workspace.fs.writeFile(lonely, Buffer.from('{}\n'));
    const [watch] = (await vscode.tasks.fetchTasks({ type: TASK_TYPE })).filter(
      ({ definition }) => definition.command === 'watch',
    );
    assert.ok(watch?.isBackground);
    const execution = await vscode.tasks.executeTask(watch);
    try {
      await until(
        'the finding',
        [vscode.languages.onDidChangeDiagnostics],
        () => vscode.languages.getDiagnostics(lonely).length > 0,
      );
    } finally {
      execution.terminate();
      await vscode.workspace.fs.delete(lonely);
    }
  });
});
