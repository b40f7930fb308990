import { basename, sep } from 'node:path';
import * as vscode from 'vscode';
import { GrafosError } from '../../base/grafosError.ts';
import { neutralText } from '../../base/text/neutralText.ts';
import type { FindingsJson } from '../../toolchain/validate/findingsJson.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { runCli } from '../runCli.ts';
import { ensureBuilt } from '../tasklets/buildTasklets.ts';
import { WATCH_LINES } from './watchLines.ts';

/** The terminal of a watch task: it builds and checks a program at once, and at each save. */
export function watchTask(session: ProgramSession, extensionPath: string): vscode.Pseudoterminal {
  const written = new vscode.EventEmitter<string>();
  const closed = new vscode.EventEmitter<number>();
  const abort = new AbortController();
  const print = (line: string) => written.fire(`${neutralText(line)}\r\n`);
  let saves: vscode.Disposable | undefined;
  let isDirty = false;
  let isChecking = false;

  const check = async (): Promise<void> => {
    print(WATCH_LINES.begin(basename(session.root)));
    const { loadProgramSoon } = await import('../../program/loadProgram.ts');
    try {
      for (const { name } of (await loadProgramSoon(session.root)).manifest.tasklets) {
        await ensureBuilt(session, name, extensionPath, abort.signal).catch((error: unknown) => {
          // What stands in the way of a build is among the findings.
          if (!(error instanceof GrafosError)) throw error;
        });
      }
    } catch (error) {
      if (!(error instanceof GrafosError)) throw error;
    }
    const { value } = await runCli<FindingsJson>({
      packageFolder: extensionPath,
      cwd: session.root,
      args: ['validate'],
      signal: abort.signal,
    });
    for (const one of value.findings) print(WATCH_LINES.finding(one));
    print(WATCH_LINES.end(value.findings.length));
  };
  /** Checks until nothing was saved meanwhile. */
  const checkAgain = async (): Promise<void> => {
    isDirty = true;
    if (isChecking) return;
    isChecking = true;
    try {
      while (isDirty && !abort.signal.aborted) {
        isDirty = false;
        await check();
      }
    } catch (error) {
      if (abort.signal.aborted) return;
      print(error instanceof Error ? error.message : String(error));
      closed.fire(1);
    } finally {
      isChecking = false;
    }
  };
  return {
    onDidWrite: written.event,
    onDidClose: closed.event,
    open: () => {
      saves = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        const isOfProgram = uri.scheme === 'file' && uri.fsPath.startsWith(session.root + sep);
        if (isOfProgram && !uri.fsPath.startsWith(`${session.root}${sep}.grafos${sep}`)) void checkAgain();
      });
      void checkAgain();
    },
    close: () => {
      abort.abort();
      saves?.dispose();
      written.dispose();
      closed.dispose();
    },
  };
}
