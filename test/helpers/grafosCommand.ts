import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface CommandOptions {
  cwd: string;
  stdin?: string | Uint8Array;
  env?: NodeJS.ProcessEnv;
}

/** Runs the built `grafos` as a person would, and waits for its end. */
export async function grafos(args: string[], options: CommandOptions): Promise<Ended> {
  return startGrafos(args, options).ended;
}

/** Starts it, for tests that interrupt it. */
export function startGrafos(
  args: string[],
  { cwd, stdin, env }: CommandOptions,
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [join(packageRoot, 'bin', 'grafos.cjs'), ...args], {
    cwd,
    stdio: [stdin === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stdin?.on('error', () => {});
  child.stdin?.end(stdin);
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
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
