import { createInterface } from 'node:readline/promises';
import { GrafosError } from '../base/grafosError.ts';
import type { NotConfirmedError } from '../toolchain/confirm/notConfirmed.ts';
import type { Output } from './output.ts';

/**
 * Asks the person at the terminal for a line.
 *
 * @param facts what the answer depends on, each with its name
 * @returns undefined where there is nobody to ask; an empty line where the input ended
 * @throws {GrafosError} interrupted
 */
export async function askLine(
  out: Output,
  question: string,
  facts: ReadonlyArray<readonly [name: string, value: string]>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (out.json || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const widest = Math.max(...facts.map(([name]) => name.length));
  out.note(...facts.map(([name, value]) => `  ${name.padEnd(widest)}  ${value}`));
  // On standard error, because the result of the command may go elsewhere.
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  lines.once('close', () => closed.abort());
  try {
    const answer = await lines.question(`${question} `, { signal: AbortSignal.any([signal, closed.signal]) });
    return answer.trim();
  } catch (error) {
    if (signal.aborted) throw new GrafosError('interrupted', 'Interrupted.', { cause: error });
    // The terminal ended its input.
    return '';
  } finally {
    lines.close();
  }
}

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

/**
 * Asks about a cell or stack that this user did not make, and remembers a yes.
 *
 * @returns whether the command may be tried again
 * @throws {GrafosError} interrupted, or a file error's code
 */
export async function askToConfirm(out: Output, refusal: NotConfirmedError, signal: AbortSignal): Promise<boolean> {
  if ((await askYesNo(out, refusal.question, refusal.facts, signal)) !== true) return false;
  await refusal.confirm();
  return true;
}
