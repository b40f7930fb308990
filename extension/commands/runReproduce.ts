import * as vscode from 'vscode';
import { notice } from '../dialogs/notice.ts';
import { pickRun } from '../dialogs/pickRun.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { isRepeatable } from '../runs/isRepeatable.ts';
import { startStack } from '../stack/startStack.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

export const runReproduce: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const entry = await pickRun(subject, vscode.l10n.t('Reproduce Locally'), ({ run }) => isRepeatable(run));
  if (entry === undefined) return;
  const { session } = subject;
  if (session.stack.state.kind !== 'running') await startStack(session);
  const { run_id, tasklet } = entry.run;
  const { replayed, result } = await withProgress(vscode.l10n.t('grafOS: reproducing {0}', tasklet), async (signal) => {
    const { loadProgramSoon } = await import('../../program/loadProgram.ts');
    const { replayRun } = await import('../../toolchain/replay/replayRun.ts');
    const result = await replayRun(await loadProgramSoon(session.root), run_id, {
      at: { provider: entry.provider, cell: entry.cell },
      isOutputWanted: false,
      signal,
    });
    using client = await session.connect('local');
    return { result, replayed: await client.getRun(result.replay.response.run_id, { signal }) };
  });
  session.runs.put({ provider: 'local' }, replayed);
  const outcome = result.same
    ? vscode.l10n.t('Reproduced: output, error and fuel equal those of the run on {0}.', entry.provider)
    : vscode.l10n.t('Not reproduced: {0} differ from the run on {1}.', result.differences.join(', '), entry.provider);
  const made = session.runs.find(replayed.run_id);
  if (made !== undefined) await grafos.panel.started(session, made, outcome);
  if (!grafos.panel.showsNow(replayed.run_id)) void notice('information', outcome);
};
