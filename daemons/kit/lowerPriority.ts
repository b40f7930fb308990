import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

/**
 * Nice value for long tasks: about a third of a normal share, so that the main thread and an editor
 * come first.
 *
 * With a lower share, other threads of the process wait on memory-map changes held by a thread that
 * gets no processor.
 */
const NICE = 5;

/** Bytes of a thread's name that Linux keeps. */
const NAME_BYTES = 15;

/**
 * Lowers the priority of a thread of this process, for good: without a privilege no thread gets its
 * priority back.
 *
 * Only Linux has priorities of threads, and Node names its worker threads from version 24 on;
 * elsewhere nothing happens.
 *
 * @param name of the worker
 * @returns true where the priority is lower now
 */
export function lowerPriority(name: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const tasks = '/proc/self/task';
    const thread = readdirSync(tasks).find((id) => nameOf(`${tasks}/${id}`) === name.slice(0, NAME_BYTES));
    if (thread === undefined) return false;
    // setpriority(2) takes a thread's id where it says process.
    setPriority(Number(thread), NICE);
    return true;
  } catch {
    return false;
  }
}

/** Undefined for a thread that ended meanwhile. */
function nameOf(task: string): string | undefined {
  try {
    return readFileSync(`${task}/comm`, 'latin1').trimEnd();
  } catch {
    return undefined;
  }
}
