import { askLine } from './askLine.ts';
import type { Output } from './output.ts';

/**
 * Asks the person at the terminal. Everything but y and yes is a no.
 *
 * @param facts what the answer depends on, each with its name
 * @returns undefined where there is nobody to ask
 * @throws {GrafosError} interrupted
 */
export async function askYesNo(
  out: Output,
  question: string,
  facts: ReadonlyArray<readonly [name: string, value: string]>,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const answer = await askLine(out, `${question} [y/N]`, facts, signal);
  return answer === undefined ? undefined : /^y(?:es)?$/i.test(answer);
}
