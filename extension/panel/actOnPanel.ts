import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';
import { artifactUri } from '../documents/artifactUri.ts';
import { COMMANDS, type CommandId } from '../ids.ts';
import { fileOfPlace } from '../places/fileOfPlace.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { ShownRun } from '../runs/shownRun.ts';
import { pictureType, textOf } from './outputKind.ts';
import type { FromPage, PanelAction } from './panelMessages.ts';

/**
 * Commands behind the buttons of the panel. The panel itself handles the buttons that are not here.
 */
const ACTION_COMMANDS: Partial<Record<PanelAction, CommandId>> = {
  again: COMMANDS.runAgain,
  with: COMMANDS.runWith,
  cancel: COMMANDS.runCancel,
  saveFixture: COMMANDS.runSaveFixture,
  acceptOutput: COMMANDS.runAcceptOutput,
  reproduce: COMMANDS.runReproduce,
  profile: COMMANDS.runProfile,
  download: COMMANDS.runDownload,
  startStack: COMMANDS.stackStart,
};

/** Performs the action of a button or link of the panel on the shown run. */
export async function actOnPanel(session: ProgramSession, shown: ShownRun, message: FromPage): Promise<void> {
  const { entry } = shown;
  switch (message.kind) {
    case 'action': {
      const command = ACTION_COMMANDS[message.action];
      if (command === undefined) return;
      await vscode.commands.executeCommand(command, { kind: 'run', session, entry }, message.input);
      return;
    }
    case 'artifact':
      await vscode.window.showTextDocument(artifactUri(entry, message.name), { preview: true });
      return;
    case 'place':
      return showPlace(session.root, message);
    case 'copyOutput':
      await vscode.env.clipboard.writeText(message.text);
      vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Output copied'), 3_000);
      return;
    case 'saveOutput':
      return saveOutput(session.root, shown);
  }
}

async function showPlace(root: string, place: { file: string; line: number; column: number }): Promise<void> {
  const file = fileOfPlace(root, place.file);
  if (file === undefined) {
    void notice('information', vscode.l10n.t('{0} is no file of this program.', place.file));
    return;
  }
  const at = new vscode.Position(Math.max(0, place.line - 1), Math.max(0, place.column - 1));
  try {
    await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, at) });
  } catch {
    void notice('information', vscode.l10n.t('{0} is not there any more.', place.file));
  }
}

async function saveOutput(root: string, { run, parts }: ShownRun): Promise<void> {
  const output = parts?.output;
  if (output === null || output === undefined) return;
  const name = `${run.tasklet}-${run.run_id.slice(0, 8)}.${endingOf(output)}`;
  const uri = await vscode.window.showSaveDialog({
    title: vscode.l10n.t('Save Output'),
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(root), name),
  });
  if (uri !== undefined) await vscode.workspace.fs.writeFile(uri, output);
}

function endingOf(output: Uint8Array): string {
  const picture = pictureType(output);
  if (picture !== null) return picture === 'image/jpeg' ? 'jpg' : picture.slice('image/'.length);
  const text = textOf(output);
  if (text === null) return 'bin';
  try {
    JSON.parse(text);
    return 'json';
  } catch {
    return 'txt';
  }
}
