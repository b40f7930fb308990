import { relative } from 'node:path';
import * as vscode from 'vscode';
import type { Grafos } from './grafos.ts';
import { TASK_TYPE } from './ids.ts';
import { cliCommand } from './runCli.ts';

const COMMANDS = ['build', 'validate', 'test'] as const;

interface GrafosTask extends vscode.TaskDefinition {
  command: (typeof COMMANDS)[number];
  tasklet?: string;
  /** Folder of the program, relative to the workspace folder. */
  program?: string;
}

/** Tasks of type `grafos`: build, validate and test of each program, run by our own command line. */
export function tasks(grafos: Grafos): vscode.Disposable {
  const make = (folder: vscode.WorkspaceFolder, definition: GrafosTask): vscode.Task => {
    const { command, tasklet, program } = definition;
    const cwd = program === undefined ? folder.uri : vscode.Uri.joinPath(folder.uri, program);
    const cli = cliCommand(grafos.context.extensionPath);
    const words = {
      build: ['tasklet', 'build', ...(tasklet === undefined ? [] : [tasklet])],
      validate: ['validate', ...(tasklet === undefined ? [] : [tasklet])],
      test: ['test', ...(tasklet === undefined ? [] : [tasklet])],
    }[command];
    const task = new vscode.Task(
      definition,
      folder,
      [command, tasklet, program].filter((part) => part !== undefined).join(' '),
      'grafos',
      new vscode.ProcessExecution(cli.command, [...cli.args, ...words], { cwd: cwd.fsPath, env: cli.env }),
      ['$grafos'],
    );
    if (command === 'build') task.group = vscode.TaskGroup.Build;
    if (command === 'test') task.group = vscode.TaskGroup.Test;
    return task;
  };
  return vscode.tasks.registerTaskProvider(TASK_TYPE, {
    provideTasks: async () => {
      await grafos.programs.found;
      return grafos.programs.all.flatMap(({ root }) => {
        const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(root));
        if (folder === undefined) return [];
        const program = relative(folder.uri.fsPath, root).replaceAll('\\', '/');
        return COMMANDS.map((command) =>
          make(folder, { type: TASK_TYPE, command, ...(program === '' ? {} : { program }) }),
        );
      });
    },
    resolveTask: (task) => {
      const definition = task.definition as Partial<GrafosTask>;
      const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
      if (folder === undefined || definition.command === undefined || !COMMANDS.includes(definition.command))
        return undefined;
      // The editor knows a task by its definition: it must be the very same object.
      return make(folder, task.definition as GrafosTask);
    },
  });
}
