import type { NotConfirmedError } from '../toolchain/confirm/notConfirmed.ts';
import { askYesNo } from './askYesNo.ts';
import type { Output } from './output.ts';

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
