import type * as vscode from 'vscode';
import { inputText } from '../deploy/pickInput.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { FileRun } from '../runs/fileRun.ts';
import type { RunInputs } from '../runs/runInputs.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import type { ShownRun } from '../runs/shownRun.ts';
import { devOf } from '../stack/stackState.ts';
import { inputShown } from './inputShown.ts';
import type { InputShown, ProfileShown } from './panelMessages.ts';

/** The shown run, of a provider of a program or from a file. */
export type Current = CurrentParts & ({ session: ProgramSession; shown: ShownRun } | { session: null; shown: FileRun });

interface CurrentParts {
  /** A sentence about the run, as the outcome of a replay. */
  notice: string;
  /** Name of the fixture that has the run's input. */
  fixture: string | undefined;
  profile: ProfileShown | undefined;
  subscriptions: vscode.Disposable[];
  /** Characters of the log that the page has. */
  logSent: number;
}

export function newParts(notice: string): CurrentParts {
  return { notice, fixture: undefined, profile: undefined, subscriptions: [], logSent: 0 };
}

/** True for a run of the local stack while that does not run. */
export function isStopped({ stack }: ProgramSession, { provider }: RunEntry): boolean {
  return provider === 'local' && devOf(stack.state) === undefined;
}

/**
 * The input of the run as the page shows it, with its name where it has one. The input of a run
 * from a file cannot be edited: there is no program to run it again.
 *
 * @param choice the person's choice of input, where this window started the run
 */
export function currentInput({ session, shown, fixture }: Current, choice: ReturnType<RunInputs['of']>): InputShown {
  const { parts } = shown;
  const name =
    fixture !== undefined
      ? inputText({ kind: 'fixture', name: fixture })
      : choice?.kind === 'file'
        ? inputText(choice)
        : '';
  const input = inputShown(parts?.input ?? null, parts?.record?.input_bytes ?? 0, name);
  return session ? input : { ...input, isReadOnly: true };
}
