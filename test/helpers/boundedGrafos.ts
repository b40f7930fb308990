import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import type { Ended } from './grafosCommand.ts';
import type { MemoryBound } from './memoryBound.ts';

/**
 * Longest time of any command, a build of AssemblyScript on a busy machine included, milliseconds.
 */
const DEADLINE_MS = 60_000;

/**
 * Runs the built `grafos` within a memory bound. A command that hangs is ended, and fails the test.
 */
export async function boundedGrafos(
  args: string[],
  { cwd, bound, env }: { cwd: string; bound: MemoryBound; env?: NodeJS.ProcessEnv },
): Promise<Ended> {
  const [command = '', ...rest] = bound.wrap([process.execPath, join(packageRoot, 'bin', 'grafos.cjs'), ...args]);
  const child = spawn(command, rest, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...bound.env, ...env },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, DEADLINE_MS);
  const ended = await new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  clearTimeout(timer);
  if (late) throw new Error(`grafos ${args.join(' ')} did not end within ${DEADLINE_MS / 1_000} s\n${text.stderr}`);
  return ended;
}
