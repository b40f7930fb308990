import * as vscode from 'vscode';
import { NotConfirmedError } from '../../toolchain/confirm/notConfirmed.ts';
import { askForTrust } from '../dialogs/askForTrust.ts';
import { confirmUse } from '../dialogs/confirmUse.ts';
import { showError } from '../dialogs/showError.ts';
import type { CommandContext, CommandHandler } from './command.ts';
import { COMMAND_TABLE } from './commandTable.ts';

/**
 * Registers every command. Its handler is made on first use. Its errors are shown with the next
 * step.
 */
export function registerCommands(grafos: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...Object.entries(COMMAND_TABLE).map(([id, { make, needsTrust }]) => {
      let handler: CommandHandler | undefined;
      return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
        if (needsTrust && !vscode.workspace.isTrusted) return askForTrust();
        handler ??= make(grafos);
        try {
          return await whereConfirmed(handler, args);
        } catch (error) {
          showError(grafos.log, error, ...args);
          return undefined;
        }
      });
    }),
  );
}

/** Asks where the command came upon a cell or stack of others, and begins it again after a yes. */
async function whereConfirmed(handler: CommandHandler, args: unknown[]): Promise<unknown> {
  for (;;) {
    try {
      return await handler(...args);
    } catch (error) {
      if (!(error instanceof NotConfirmedError)) throw error;
      if (!(await confirmUse(error))) return undefined;
    }
  }
}
