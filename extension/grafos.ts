import type * as vscode from 'vscode';
import type { Programs } from './program/programs.ts';

/** What every part of the extension is given. */
export interface Grafos {
  context: vscode.ExtensionContext;
  log: vscode.LogOutputChannel;
  programs: Programs;
}
