import { createInterface } from 'node:readline/promises';
import { GrafosError } from '../base/grafosError.ts';
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
