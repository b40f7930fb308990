import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as soon } from 'node:timers/promises';

/** A group of processes that the kernel ends when they take more memory together than the bound. */
export interface MemoryGroup extends AsyncDisposable {
  /** Words in front of a command that make it run in the group. */
  readonly prefix: string[];
  /** The most that the group took at one time, bytes; null where the kernel does not count. */
  peak(): number | null;
}

const ROOTS = ['/sys/fs/cgroup/memory', '/sys/fs/cgroup'];

/**
 * Makes a group of its own for each test, where this user may make one (root on Linux). Elsewhere
 * the command runs without a bound.
 */
export function memoryGroup(bytes: number): MemoryGroup {
  for (const root of ROOTS) {
    const folder = join(root, `grafos-test-${process.pid}-${Math.random().toString(36).slice(2, 10)}`);
    try {
      if (!existsSync(join(root, 'cgroup.procs'))) continue;
      mkdirSync(folder);
      const second = existsSync(join(folder, 'memory.max'));
      writeFileSync(join(folder, second ? 'memory.max' : 'memory.limit_in_bytes'), String(bytes));
      const peakFile = join(folder, second ? 'memory.peak' : 'memory.max_usage_in_bytes');
      const members = join(folder, 'cgroup.procs');
      return {
        prefix: ['sh', '-c', `echo $$ > ${members}; exec "$@"`, 'sh'],
        peak: () => (existsSync(peakFile) ? Number(readFileSync(peakFile, 'utf8')) : null),
        async [Symbol.asyncDispose]() {
          // The kernel lets go of a member a moment after its end was reported.
          for (let left = 100; left > 0; left--) {
            try {
              return rmdirSync(folder);
            } catch {
              await soon(50);
            }
          }
        },
      };
    } catch {
      // Not for this user, or another kind of group.
      if (existsSync(folder)) rmdirSync(folder);
    }
  }
  return { prefix: [], peak: () => null, async [Symbol.asyncDispose]() {} };
}
