import * as vscode from 'vscode';
import { artifactUri } from '../documents/artifactUri.ts';
import { COMMANDS, type CommandId } from '../ids.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { ShownRun } from '../runs/shownRun.ts';
import { copyOutput, saveOutput, showPlace } from './panelLinks.ts';
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
  saveFile: COMMANDS.runSaveFile,
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
      return copyOutput(message.text);
    case 'saveOutput':
      return saveOutput(session.root, shown);
  }
}
