import { basename } from 'node:path';
import * as vscode from 'vscode';
import type { Grafos } from './grafos.ts';
import { MCP_PROVIDER, SETTINGS } from './ids.ts';
import { cliCommand } from './runCli.ts';

/**
 * Offers `grafos mcp` of each program to the editor's assistants, once the user has switched it on.
 */
export function mcpServers({ context, programs }: Grafos): vscode.Disposable {
  const changed = new vscode.EventEmitter<void>();
  const { version } = context.extension.packageJSON as { version: string };
  return vscode.Disposable.from(
    changed,
    programs.onDidChange(() => changed.fire()),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration(SETTINGS.mcpEnabled)) changed.fire();
    }),
    vscode.lm.registerMcpServerDefinitionProvider(MCP_PROVIDER, {
      onDidChangeMcpServerDefinitions: changed.event,
      async provideMcpServerDefinitions() {
        await programs.found;
        if (!vscode.workspace.isTrusted || !vscode.workspace.getConfiguration().get(SETTINGS.mcpEnabled, false))
          return [];
        const { command, args, env } = cliCommand(context.extensionPath);
        return programs.all.map(({ root }) => {
          const label = `grafOS: ${basename(root)}`;
          const server = new vscode.McpStdioServerDefinition(label, command, [...args, 'mcp'], env, version);
          server.cwd = vscode.Uri.file(root);
          return server;
        });
      },
    }),
  );
}
