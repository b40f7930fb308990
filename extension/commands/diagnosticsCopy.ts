import { readFile } from 'node:fs/promises';
import { arch, platform, release } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { SETTINGS } from '../ids.ts';
import type { CommandFactory } from './command.ts';

/** Lines of the log that are copied. */
const LOG_LINES = 40;

export const diagnosticsCopy: CommandFactory =
  ({ context, programs }) =>
  async () => {
    const lines = [
      `grafOS ${context.extension.packageJSON.version}`,
      `${vscode.env.appName} ${vscode.version}, Node ${process.versions.node}, ${platform()} ${release()} ${arch()}`,
      `remote: ${vscode.env.remoteName ?? 'none'}, trusted: ${vscode.workspace.isTrusted}, programs: ${programs.all.length}`,
    ];
    const settings = changedSettings();
    if (settings.length > 0) lines.push('', 'settings that were changed:', ...settings.map((line) => `  ${line}`));
    for (const session of programs.all) {
      const { state } = session.stack;
      lines.push('', `${session.root}: stack ${state.kind}`);
      if (state.kind === 'failed') lines.push(`  ${state.error.message}`);
      if (!vscode.workspace.isTrusted) continue;
      const { doctor } = await import('../../toolchain/stack/doctor.ts');
      const { checks } = await doctor(session.root, AbortSignal.timeout(10_000));
      for (const { name, status, message } of checks) lines.push(`  ${status.padEnd(4)} ${name}: ${message}`);
    }
    const logged = await lastLines(context.logUri);
    if (logged.length > 0) lines.push('', 'last lines of the log:', ...logged.map((line) => `  ${line}`));
    await vscode.env.clipboard.writeText(`${lines.join('\n')}\n`);
    vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Diagnostics copied'), 4_000);
  };

/** Our settings that have another value than their default, a line each. */
function changedSettings(): string[] {
  const configuration = vscode.workspace.getConfiguration();
  return Object.values(SETTINGS).flatMap((name) => {
    const value = configuration.get(name);
    return value === configuration.inspect(name)?.defaultValue ? [] : [`${name}: ${JSON.stringify(value)}`];
  });
}

/** The newest lines of our output channel, which the editor keeps in a file of its name. */
async function lastLines(folder: vscode.Uri): Promise<string[]> {
  try {
    return (await readFile(join(folder.fsPath, 'grafOS.log'), 'utf8')).trimEnd().split('\n').slice(-LOG_LINES);
  } catch {
    return [];
  }
}
