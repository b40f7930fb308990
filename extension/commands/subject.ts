import { join, sep } from 'node:path';
import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';
import type { Grafos } from '../grafos.ts';
import { COMMANDS } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import { isNode } from '../views/nodes.ts';

/**
 * The subject of a command, from its argument or else from the editor. Every known part is one
 * question less.
 */
export interface Subject {
  session: ProgramSession;
  tasklet?: string;
  run?: RunEntry;
}

/** @returns undefined when there is no program, after saying so. */
export async function subjectOf({ programs }: Grafos, arg: unknown): Promise<Subject | undefined> {
  await programs.found;
  if (isNode(arg)) {
    if (arg.kind === 'tasklet') return { session: arg.session, tasklet: arg.entry.tasklet.name };
    if (arg.kind === 'run' || arg.kind === 'artifact')
      return { session: arg.session, run: arg.entry, tasklet: arg.entry.run.tasklet };
    return { session: arg.session };
  }
  if (isLensArgument(arg)) {
    const session = programs.byRoot(arg.program) ?? programs.of(vscode.Uri.file(arg.program));
    if (session !== undefined) return { session, tasklet: arg.tasklet };
  }
  const uri = arg instanceof vscode.Uri ? arg : vscode.window.activeTextEditor?.document.uri;
  const session = (uri?.scheme === 'file' ? programs.of(uri) : undefined) ?? programs.active;
  if (session === undefined) {
    sayNoProgram();
    return undefined;
  }
  const tasklet = uri === undefined ? undefined : await taskletOf(session, uri);
  return tasklet === undefined ? { session } : { session, tasklet };
}

function sayNoProgram(): void {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const isVirtual = folders.length > 0 && folders.every(({ uri }) => uri.scheme !== 'file');
  const make = vscode.l10n.t('New Program…');
  const text = isVirtual
    ? vscode.l10n.t('This folder is not on a disk, so nothing in it can be built or run. Clone or copy it to a disk.')
    : vscode.l10n.t('There is no grafOS program here: no folder of this workspace has a grafos.toml.');
  void notice('information', text, [make]).then((choice) => {
    if (choice === make) void vscode.commands.executeCommand(COMMANDS.programNew);
  });
}

/**
 * Says whether an argument is one of the language server's code lenses
 * (docs/reference/protocol.md).
 */
function isLensArgument(arg: unknown): arg is { program: string; tasklet: string } {
  return (
    typeof arg === 'object' &&
    arg !== null &&
    'program' in arg &&
    'tasklet' in arg &&
    typeof arg.program === 'string' &&
    typeof arg.tasklet === 'string'
  );
}

/** The only tasklet a file is source, module or fixture of. */
async function taskletOf(session: ProgramSession, uri: vscode.Uri): Promise<string | undefined> {
  const { loadProgramSoon } = await import('../../program/loadProgram.ts');
  try {
    const { root, manifest } = await loadProgramSoon(session.root);
    const found = manifest.tasklets.filter((tasklet) =>
      [tasklet.source, tasklet.output, tasklet.fixtures].some((path) => {
        const place = join(root, path);
        return uri.fsPath === place || uri.fsPath.startsWith(place + sep);
      }),
    );
    return found.length === 1 ? found[0]?.name : undefined;
  } catch {
    // The command itself loads the program, and tells what is wrong with it.
    return undefined;
  }
}
