import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../base/packageRoot.ts';
import type { FailedLine, ReadyLine } from '../../daemons/wire/daemonLines.ts';

export interface SourceDaemon {
  // biome-ignore lint/suspicious/noExplicitAny: every daemon has facts of its own
  line: ReadyLine<any> | FailedLine;
  pid: number;
  stdout: string[];
  stderr: string[];
  /** Over the lifeline: `key value`, or `keep`. */
  tell(line: string): void;
  closeLifeline(): void;
  signal(signal: NodeJS.Signals): void;
  /** The exit code, or the signal. */
  ended: Promise<number | string>;
  /** Ends it if it runs, and waits for that. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts `daemons/<name>/main.ts` as a process and waits for its one line. */
export async function spawnFromSource(
  name: 'fabricbiosd' | 'scheduler' | 'helper',
  args: string[],
): Promise<SourceDaemon> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(packageRoot, 'daemons', name, 'main.ts'), ...args, '--lifeline'],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  );
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const stdout: string[] = [];
  const stderr: string[] = [];
  child.stdin.on('error', () => {});
  createInterface(child.stderr).on('line', (line) => stderr.push(line));
  const lines = createInterface(child.stdout).on('line', (line) => stdout.push(line));
  const late = AbortSignal.timeout(30_000);
  try {
    await Promise.race([
      once(lines, 'line', { signal: late }),
      once(child, 'exit').then(async ([code]) => {
        await once(lines, 'close');
        if (stdout.length === 0) throw new Error(`${name} ended with ${code}: ${stderr.join('\n')}`);
      }),
    ]);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return {
    line: JSON.parse(stdout[0] ?? ''),
    pid: child.pid ?? 0,
    stdout,
    stderr,
    tell: (line) => void child.stdin.write(`${line}\n`),
    closeLifeline: () => void child.stdin.end(),
    signal: (signal) => void child.kill(signal),
    ended,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await ended;
      clearTimeout(force);
    },
  };
}
