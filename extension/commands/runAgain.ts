import * as vscode from 'vscode';
import { deployTasklet } from '../deploy/deployTasklet.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { fixtureOfInput } from '../panel/fixtureOfInput.ts';
import { fetchInput } from '../runs/fetchOutcome.ts';
import type { CommandFactory } from './command.ts';
import { shownRunNode } from './shownRunNode.ts';
import { subjectOf } from './subject.ts';

/**
 * Runs the tasklet, built from its current sources, on the input of a run or on an edited text of
 * it.
 */
export const runAgain: CommandFactory =
  (grafos) =>
  async (arg = shownRunNode(grafos), edited) => {
    const subject = await subjectOf(grafos, arg);
    if (subject === undefined) return;
    const entry = await pickRun(subject, vscode.l10n.t('Run Again'), ({ run }) => run.ended_at !== null);
    if (entry === undefined) return;
    const { session } = subject;
    const { tasklet, run_id } = entry.run;
    const request = { session, tasklet, provider: entry.provider, cell: entry.cell };
    if (typeof edited === 'string') {
      await deployTasklet(grafos, { ...request, input: { kind: 'text', text: edited } });
      return;
    }
    const bytes = await fetchInput(session, entry, AbortSignal.timeout(60_000));
    const known = grafos.inputs.of(run_id);
    // A fixture that was changed since is no longer where these bytes come from.
    const isSame = known?.kind !== 'fixture' || (await fixtureOfInput(session.root, tasklet, bytes)) === known.name;
    await deployTasklet(grafos, { ...request, bytes, ...(known !== undefined && isSame ? { input: known } : {}) });
  };
