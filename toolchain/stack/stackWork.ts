import { wordList } from '../../base/text/wordList.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';

/** Work that ends with a stack. */
export interface StackWork {
  /** Runs under way. */
  runs: number;
  /** Leases of fabric memory, those of the runs included. */
  leases: number;
}

/** Time that the scheduler may take to answer, milliseconds. */
const ANSWER_MS = 2_000;

/** Counts the work that would end with the program's stack; null when the stack does not answer. */
export async function stackWork(programRoot: string, signal: AbortSignal): Promise<StackWork | null> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    using client = await connectTarget(await resolveProvider(programRoot, 'local'), bounded);
    const [cell] = (await client.inventory({ signal: bounded })).cells;
    return cell === undefined ? null : { runs: cell.inventory.runs_active, leases: cell.inventory.leases };
  } catch {
    return null;
  }
}

/** Describes work in words; null where there is none. */
export function workText(work: StackWork | null): string | null {
  if (work === null || (work.runs === 0 && work.leases === 0)) return null;
  const parts = [
    ...(work.runs === 0 ? [] : [`${work.runs} ${work.runs === 1 ? 'run' : 'runs'} under way`]),
    ...(work.leases === 0 ? [] : [`${work.leases} ${work.leases === 1 ? 'lease' : 'leases'} of fabric memory`]),
  ];
  return wordList(parts);
}
