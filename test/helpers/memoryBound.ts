import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** A bound on the memory of all processes that are started through it, and of their children. */
export interface MemoryBound extends AsyncDisposable {
  /** The kind of bound, in words for the title of a test. */
  how: string;
  /** The command line that runs `command` within the bound. */
  wrap(command: string[]): string[];
  env: NodeJS.ProcessEnv;
}

let groups = 0;

/**
 * Bounds memory by a control group where this user may make one, else by the limits of each
 * process.
 */
export function memoryBound(bytes: number): MemoryBound {
  groups += 1;
  return groupBound(bytes, `grafos-test-${process.pid}-${groups}`) ?? processBound(bytes);
}

const HIERARCHIES = [
  { name: 'cgroup v1', root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes' },
  { name: 'cgroup v2', root: '/sys/fs/cgroup', limit: 'memory.max' },
];

function groupBound(bytes: number, name: string): MemoryBound | undefined {
  for (const { name: kind, root, limit } of HIERARCHIES) {
    const group = `${root}/${name}`;
    try {
      mkdirSync(group);
    } catch {
      // There is no such hierarchy, or it is not this user's to change.
      continue;
    }
    try {
      writeFileSync(`${group}/${limit}`, String(bytes));
    } catch {
      rmdirSync(group);
      continue;
    }
    return {
      how: `${bytes / 1024 ** 2} MiB for all its processes, by ${kind}`,
      wrap: (command) => ['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', `${group}/cgroup.procs`, ...command],
      env: {},
      [Symbol.asyncDispose]: () => removeGroup(group),
    };
  }
  return undefined;
}

/** A group can be removed once its last process is gone. */
async function removeGroup(group: string): Promise<void> {
  for (const until = performance.now() + 10_000; ; await delay(20)) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      if (performance.now() < until) continue;
      const left = readFileSync(`${group}/cgroup.procs`, 'utf8').trim().split('\n');
      throw new Error(`${group} still has the processes ${left.join(', ')}`, { cause: error });
    }
  }
}

function processBound(bytes: number): MemoryBound {
  const heap = `--max-old-space-size=${Math.floor((bytes / 1024 ** 2) * 0.75)}`;
  const hasShell = process.platform !== 'win32';
  return {
    how: `${heap} for the command${hasShell ? ', and twice that of data for each process by ulimit' : ''}`,
    wrap: (command) =>
      hasShell
        ? ['/bin/sh', '-c', 'ulimit -d "$0" 2>/dev/null; exec "$@"', String((bytes * 2) / 1024), ...command]
        : command,
    env: { NODE_OPTIONS: heap },
    [Symbol.asyncDispose]: async () => {},
  };
}
