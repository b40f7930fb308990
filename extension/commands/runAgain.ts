import * as vscode from 'vscode';
import { deployTasklet } from '../deploy/deployTasklet.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { fixtureOfInput } from '../panel/fixtureOfInput.ts';
import { fetchOutcome } from '../runs/fetchOutcome.ts';
import type { CommandFactory } from './command.ts';
import { shownRunNode } from './shownRunNode.ts';
import { subjectOf } from './subject.ts';

/** Runs what the sources say now on the input of a run, or on the text that it was edited to. */
export const runAgain: CommandFactory =
  (grafos) =>
  async (arg = shownRunNode(grafos), edited) => {
    const subject = await subjectOf(grafos, arg);
    if (subject === undefined) return;
    const entry = await pickRun(subject, vscode.l10n.t('Run Again'), ({ run }) => run.ended_at !== null);
    if (entry === undefined) return;
    const { session } = subject;
    const { tasklet, run_id } = entry.run;
    const request = { session, tasklet, provider: entry.provider };
    if (typeof edited === 'string') {
      await deployTasklet(grafos, { ...request, input: { kind: 'text', text: edited } });
      return;
    }
    const { input: bytes } = await fetchOutcome(session, entry, AbortSignal.timeout(60_000));
    const known = grafos.inputs.of(run_id);
    // A fixture that was changed since is no longer where these bytes come from.
    const isSame = known?.kind !== 'fixture' || (await fixtureOfInput(session.root, tasklet, bytes)) === known.name;
    await deployTasklet(grafos, { ...request, bytes, ...(known !== undefined && isSame ? { input: known } : {}) });
  };
