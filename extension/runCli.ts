import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type ErrorKind, EXIT_CODE, isErrorCode } from '../base/errorCodes.ts';
import { GrafosError } from '../base/grafosError.ts';

/** Time that a command may go on after it was asked to stop, milliseconds. */
const STOP_MS = 3_000;

/**
 * The program and environment that run our own command line on the Node of this process, whatever
 * is installed on this machine.
 */
export function cliCommand(packageFolder: string): { command: string; args: string[]; env: Record<string, string> } {
  return {
    command: process.execPath,
    args: [join(packageFolder, 'bin', 'grafos.cjs')],
    // Inside the editor process.execPath is the editor; this makes it the Node that it carries.
    env: process.versions.electron === undefined ? {} : { ELECTRON_RUN_AS_NODE: '1' },
  };
}

export interface CliAnswer<T> {
  code: number;
  value: T;
}

/**
 * Runs `grafos <args> --json` in a process of its own. A compiler at work must not hold up the
 * editor, and its crash must not take the editor along.
 *
 * @throws {GrafosError} the error that the command reports; kind `interrupted` when `signal` ended
 *   it
 */
export function runCli<T>(options: {
  packageFolder: string;
  cwd: string;
  args: string[];
  signal: AbortSignal;
  /** Hears of each line that the command writes beside its result. */
  onStep?: (line: string) => void;
}): Promise<CliAnswer<T>> {
  const { packageFolder, cwd, args, signal, onStep } = options;
  const cli = cliCommand(packageFolder);
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(interrupted());
    const child = spawn(cli.command, [...cli.args, ...args, '--json'], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      env: { ...process.env, ...cli.env, NO_COLOR: '1' },
    });
    let force: NodeJS.Timeout | undefined;
    const stop = () => {
      child.kill('SIGTERM');
      force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    };
    signal.addEventListener('abort', stop, { once: true });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    if (onStep !== undefined) createInterface(child.stderr).on('line', onStep);
    const settle = () => {
      clearTimeout(force);
      signal.removeEventListener('abort', stop);
    };
    child.once('error', (error) => {
      settle();
      reject(error);
    });
    child.once('close', (code, killedBy) => {
      settle();
      if (signal.aborted) return reject(interrupted());
      const stderr = Buffer.concat(err).toString('utf8').trim();
      let value: unknown;
      try {
        value = JSON.parse(Buffer.concat(out).toString('utf8'));
      } catch {
        return reject(new Error(`grafos ${args.join(' ')} ended with ${killedBy ?? code} and no answer: ${stderr}`));
      }
      const error = errorOf(value);
      if (error === undefined) return resolve({ code: code ?? 1, value: value as T });
      const { code: label, why, next } = error;
      if (!isErrorCode(label) || label === 'internal_error') return reject(new Error(error.message));
      const more = { kind: kindOf(code), ...(why === null ? {} : { why }), ...(next === null ? {} : { next }) };
      reject(new GrafosError(label, error.message, more));
    });
  });
}

interface ReportedError {
  code: string;
  message: string;
  why: string | null;
  next: string | null;
}

function errorOf(value: unknown): ReportedError | undefined {
  return typeof value === 'object' && value !== null && 'error' in value && !('run_id' in value)
    ? (value.error as ReportedError)
    : undefined;
}

function kindOf(code: number | null): ErrorKind {
  const found = Object.entries(EXIT_CODE).find(([, exitCode]) => exitCode === code);
  return (found?.[0] as ErrorKind | undefined) ?? 'bad-answer';
}

function interrupted(): GrafosError {
  return new GrafosError('interrupted', 'Interrupted.');
}
