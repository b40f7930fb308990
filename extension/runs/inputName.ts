import { inputText } from '../deploy/pickInput.ts';
import type { RunInputs } from './runInputs.ts';
import type { RunEntry } from './runsModel.ts';

/**
 * The name of a run's input, as `fixture hello`; empty where this workspace did not start the run.
 */
export function inputName(inputs: RunInputs, { run }: RunEntry): string {
  const choice = inputs.of(run.run_id);
  return choice === undefined ? '' : inputText(choice);
}
