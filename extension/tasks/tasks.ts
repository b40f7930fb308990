import { relative } from 'node:path';
import * as vscode from 'vscode';
import type { Grafos } from '../grafos.ts';
import { TASK_COMMANDS, TASK_TYPE } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { cliCommand } from '../runCli.ts';
import { watchTask } from './watchTask.ts';

type TaskCommand = (typeof TASK_COMMANDS)[number];

interface GrafosTask extends vscode.TaskDefinition {
  command: TaskCommand;
  tasklet?: string;
  /** Folder of the program, relative to the workspace folder. */
  program?: string;
  /** Where a deploy goes. */
  provider?: string;
  /** File with the input of a run or deploy, relative to the program. */
  input?: string;
}

/**
 * Commands that the Tasks menu lists for each program. A deploy needs a provider, which only a
 * `tasks.json` names.
 */
const LISTED: readonly TaskCommand[] = TASK_COMMANDS.filter((command) => command !== 'deploy');

/**
 * Tasks of type `grafos`. All but `watch` are our own command line in a terminal.
 */
export function tasks(grafos: Grafos): vscode.Disposable {
  const make = (folder: vscode.WorkspaceFolder, definition: GrafosTask): vscode.Task => {
    const { command, program } = definition;
    const cwd = program === undefined ? folder.uri : vscode.Uri.joinPath(folder.uri, program);
    const task = new vscode.Task(
      definition,
      folder,
      [command, definition.tasklet, definition.provider, program].filter((part) => part !== undefined).join(' '),
      'grafos',
      command === 'watch'
        ? new vscode.CustomExecution(async () => watchTask(sessionOf(grafos, cwd), grafos.context.extensionPath))
        : execution(grafos, definition, cwd),
      [command === 'watch' ? '$grafos-watch' : '$grafos'],
    );
    task.isBackground = command === 'watch';
    if (command === 'build' || command === 'watch') task.group = vscode.TaskGroup.Build;
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
        return LISTED.map((command) =>
          make(folder, { type: TASK_TYPE, command, ...(program === '' ? {} : { program }) }),
        );
      });
    },
    resolveTask: (task) => {
      const definition = task.definition as Partial<GrafosTask>;
      const folder = typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.[0];
      if (folder === undefined || definition.command === undefined || !TASK_COMMANDS.includes(definition.command))
        return undefined;
      // The editor knows a task by its definition: it must be the very same object.
      return make(folder, task.definition as GrafosTask);
    },
  });
}

function execution(grafos: Grafos, definition: GrafosTask, cwd: vscode.Uri): vscode.ProcessExecution {
  const cli = cliCommand(grafos.context.extensionPath);
  return new vscode.ProcessExecution(cli.command, [...cli.args, ...wordsOf(definition)], {
    cwd: cwd.fsPath,
    env: cli.env,
  });
}

/** The words of the command line. */
function wordsOf({ command, tasklet, provider = 'local', input }: GrafosTask): string[] {
  const named = tasklet === undefined ? [] : [tasklet];
  switch (command) {
    case 'build':
      return ['tasklet', 'build', ...named];
    case 'run':
    case 'deploy':
      return [
        ...['deploy', 'run', '--provider', command === 'run' ? 'local' : provider],
        ...(tasklet === undefined ? [] : ['--tasklet', tasklet]),
        ...(input === undefined ? [] : ['--input', input]),
      ];
    case 'validate':
    case 'test':
    case 'watch':
      return [command, ...named];
  }
}

/** @throws {Error} where the folder of the task has no program */
function sessionOf({ programs }: Grafos, folder: vscode.Uri): ProgramSession {
  const session = programs.byRoot(folder.fsPath) ?? programs.of(folder);
  if (session === undefined) throw new Error(vscode.l10n.t('{0} has no grafos.toml.', folder.fsPath));
  return session;
}
