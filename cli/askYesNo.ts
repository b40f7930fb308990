import { createInterface } from 'node:readline/promises';
import { GrafosError } from '../daemons/protocol/grafosError.ts';
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
  if (out.json || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  const widest = Math.max(...facts.map(([name]) => name.length));
  out.note(facts.map(([name, value]) => `  ${name.padEnd(widest)}  ${value}`).join('\n'));
  // On standard error, because the result of the command may go elsewhere.
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new AbortController();
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  lines.once('close', () => closed.abort());
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: AbortSignal.any([signal, closed.signal]) });
    return /^y(?:es)?$/i.test(answer.trim());
  } catch (error) {
    if (signal.aborted) throw new GrafosError('interrupted', 'interrupted', 'Interrupted.', { cause: error });
    // The terminal ended its input.
    return false;
  } finally {
    lines.close();
  }
}
