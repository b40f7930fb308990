import { arch, platform, release } from 'node:os';
import * as vscode from 'vscode';
import type { CommandFactory } from './command.ts';

export const diagnosticsCopy: CommandFactory =
  ({ context, programs }) =>
  async () => {
    const lines = [
      `grafOS ${context.extension.packageJSON.version}`,
      `${vscode.env.appName} ${vscode.version}, Node ${process.versions.node}, ${platform()} ${release()} ${arch()}`,
      `remote: ${vscode.env.remoteName ?? 'none'}, trusted: ${vscode.workspace.isTrusted}, programs: ${programs.all.length}`,
    ];
    for (const session of programs.all) {
      const { state } = session.stack;
      lines.push('', `${session.root}: stack ${state.kind}`);
      if (state.kind === 'failed') lines.push(`  ${state.error.message}`);
      if (!vscode.workspace.isTrusted) continue;
      const { doctor } = await import('../../toolchain/stack/doctor.ts');
      const { checks } = await doctor(session.root, AbortSignal.timeout(10_000));
      for (const { name, status, message } of checks) lines.push(`  ${status.padEnd(4)} ${name}: ${message}`);
    }
    await vscode.env.clipboard.writeText(`${lines.join('\n')}\n`);
    vscode.window.setStatusBarMessage(vscode.l10n.t('$(check) Diagnostics copied'), 4_000);
  };
