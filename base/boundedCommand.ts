/** Most that one process may take. */
export interface ProcessBounds {
  /** Bytes of memory. */
  memory: number;
  /** Milliseconds of processor time, of all its threads. */
  cpuMs: number;
}

/**
 * Address space that Node and V8 reserve without using it. The kernel's bound counts it, ours does
 * not.
 */
const RESERVED_BYTES = 1536 * 1024 * 1024;

/**
 * Puts a command under the kernel's bounds. They hold even while the process is too busy to look at
 * its own use. Windows has none to set here.
 */
export function boundedCommand({ memory, cpuMs }: ProcessBounds, command: readonly string[]): string[] {
  if (process.platform === 'win32') return [...command];
  const kib = Math.ceil((memory + RESERVED_BYTES) / 1024);
  const limits = `ulimit -c 0; ulimit -d ${kib}; ulimit -t ${Math.ceil(cpuMs / 1000) + 1}`;
  return ['/bin/sh', '-c', `${limits}; exec "$@"`, 'sh', ...command];
}
