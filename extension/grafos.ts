import type * as vscode from 'vscode';
import type { Programs } from './program/programs.ts';

/** The parts that every feature of the extension gets. */
export interface Grafos {
  context: vscode.ExtensionContext;
  log: vscode.LogOutputChannel;
  programs: Programs;
}
