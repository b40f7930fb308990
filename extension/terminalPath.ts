import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import type { Grafos } from './grafos.ts';
import { cliCommand } from './runCli.ts';

/**
 * Puts `grafos` on the PATH of the editor's terminals: the command line of this very version, on
 * the editor's own Node.
 */
export async function terminalPath({ context }: Grafos): Promise<void> {
  const folder = join(context.globalStorageUri.fsPath, 'bin');
  const isWindows = process.platform === 'win32';
  const file = join(folder, isWindows ? 'grafos.cmd' : 'grafos');
  const text = isWindows ? windowsScript(context.extensionPath) : shellScript(context.extensionPath);
  if ((await readFile(file, 'utf8').catch(() => '')) !== text) {
    await mkdir(folder, { recursive: true });
    await writeFile(file, text);
    if (!isWindows) await chmod(file, 0o755);
  }
  const { environmentVariableCollection: environment } = context;
  environment.description = vscode.l10n.t('Puts the command grafos on the PATH');
  environment.prepend('PATH', folder + delimiter);
}

function shellScript(extensionPath: string): string {
  const { command, args, env } = cliCommand(extensionPath);
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const set = Object.entries(env).map(([name, value]) => `${name}=${quote(value)} `);
  return `#!/bin/sh\n${set.join('')}exec ${[command, ...args].map(quote).join(' ')} "$@"\n`;
}

function windowsScript(extensionPath: string): string {
  const { command, args, env } = cliCommand(extensionPath);
  const set = Object.entries(env).map(([name, value]) => `set "${name}=${value}"\r\n`);
  return `@echo off\r\nsetlocal\r\n${set.join('')}${[command, ...args].map((text) => `"${text}"`).join(' ')} %*\r\n`;
}
