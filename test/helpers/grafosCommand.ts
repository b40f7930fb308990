import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd: string;
  /**
   * All of standard input; none unless given. `open`: an input that brings nothing and does not
   * end.
   */
  stdin?: string | Uint8Array | { open: true };
  /** A file or device that standard output goes to; it is kept and returned unless given. */
  stdoutTo?: string;
  env?: NodeJS.ProcessEnv;
  /** Options of Node itself. */
  nodeOptions?: string[];
  /** A command that runs it, such as `ip netns exec NAME`, in the same process. */
  under?: string[];
  /**
   * A process group of its own, as a terminal gives each command: a signal to `-pid` reaches all
   * processes in it.
   */
  group?: boolean;
}

/** Runs the built `grafos` as a person would, and waits for its end. */
export async function grafos(args: string[], options: CommandOptions): Promise<Ended> {
  return startGrafos(args, options).ended;
}

/** Starts it, for tests that interrupt it. */
export function startGrafos(
  args: string[],
  { cwd, stdin, stdoutTo, env, nodeOptions = [], under = [], group = false }: CommandOptions,
): { child: ChildProcess; ended: Promise<Ended> } {
  const stdout = stdoutTo === undefined ? undefined : openSync(stdoutTo, 'w');
  const [program = '', ...argv] = [
    ...under,
    process.execPath,
    ...nodeOptions,
    join(packageRoot, 'bin', 'grafos.cjs'),
    ...args,
  ];
  const child = spawn(program, argv, {
    cwd,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', stdout ?? 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    detached: group,
  });
  child.stdin?.on('error', () => {});
  if (stdout !== undefined) closeSync(stdout);
  if (typeof stdin === 'string' || stdin instanceof Uint8Array) child.stdin?.end(stdin);
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text.stdout += chunk;
  });
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text.stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, ...text }));
  });
  return { child, ended };
}

/** As {@link grafos} with `--json`; the parsed stdout. Fails when the exit code is not `code`. */
export async function grafosJson<Value>(args: string[], options: CommandOptions & { code?: number }): Promise<Value> {
  const ended = await grafos([...args, '--json'], options);
  if (ended.code !== (options.code ?? 0)) {
    throw new Error(
      `grafos ${args.join(' ')} ended with ${ended.code ?? ended.signal}\n${ended.stdout}\n${ended.stderr}`,
    );
  }
  return JSON.parse(ended.stdout) as Value;
}
