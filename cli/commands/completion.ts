import { GrafosError } from '../../base/grafosError.ts';
import { loadProgram } from '../../program/loadProgram.ts';
import { CLOUD_PROVIDERS, cellNameOf, readCloudCells } from '../../toolchain/deploy/cloudCells.ts';
import { openLocalRuns } from '../../toolchain/deploy/localRuns.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
// biome-ignore lint/suspicious/noImportCycles: the table is whole before a command is loaded.
import { completionScript, SHELLS } from '../completionScript.ts';
import { programRootOf } from '../programRootOf.ts';

/** Newest runs that a shell offers. */
const RUNS = 20;

export async function run(context: CommandContext, given: { shell?: string; values?: string }): Promise<void> {
  const { out } = context;
  if (given.values !== undefined) {
    const names = await namesOf(context, choice('--values', given.values, ['tasklets', 'runs', 'cells']));
    out.result(names, () => names);
    return;
  }
  if (given.shell === undefined) {
    throw new GrafosError('wrong_usage', 'No shell is named.', {
      next: `Choose one of: ${SHELLS.join(', ')}.`,
    });
  }
  const shell = choice('<shell>', given.shell, SHELLS);
  const script = completionScript(shell);
  out.result({ shell, script }, () => script.trimEnd().split('\n'));
}

/** Names of the program around the current folder. */
async function namesOf({ cwd, signal }: CommandContext, kind: 'tasklets' | 'runs' | 'cells'): Promise<string[]> {
  if (kind === 'tasklets') return loadProgram(cwd).manifest.tasklets.map(({ name }) => name);
  if (kind === 'cells') {
    const root = programRootOf(cwd);
    const lists = await Promise.all(CLOUD_PROVIDERS.map((provider) => readCloudCells(root, provider)));
    return [...new Set(lists.flat().map(cellNameOf))];
  }
  using local = await openLocalRuns(programRootOf(cwd), signal);
  return (await local.client.listRuns({ limit: RUNS }, { signal })).map(({ run_id }) => run_id);
}
