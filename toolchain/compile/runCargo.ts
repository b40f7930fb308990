import { spawn } from 'node:child_process';
import { GrafosError } from '../../base/grafosError.ts';

export interface CargoRun {
  code: number | null;
  /** One JSON message per line (`cargo build --message-format=json`). */
  messages: CargoMessage[];
  /** The end of what it said besides. */
  stderr: string;
}

/** The parts of cargo's messages that are used (The Cargo Book, "External tools"). */
export type CargoMessage =
  | { reason: 'compiler-artifact'; target: { kind: string[]; src_path: string }; filenames: string[] }
  | { reason: 'compiler-message'; message: RustcMessage }
  | { reason: 'other' };

export interface RustcMessage {
  level: 'error' | 'warning' | 'note' | 'help' | 'failure-note' | 'error: internal compiler error';
  message: string;
  code: { code: string } | null;
  spans: RustcSpan[];
  children: Array<{ level: string; message: string; spans: RustcSpan[] }>;
}

export interface RustcSpan {
  file_name: string;
  is_primary: boolean;
  /** The words of rustc on this place. */
  label: string | null;
  /** In a help: the text that the place should have. */
  suggested_replacement: string | null;
  /** From 1; columns count Unicode scalar values. */
  line_start: number;
  line_end: number;
  column_start: number;
  column_end: number;
  text: Array<{ text: string }>;
  /** The call of the macro whose definition has this span; null outside of a macro. */
  expansion: { span: RustcSpan } | null;
}

const STDERR_KEPT = 16 * 1024;
/** Characters of messages; ten thousand diagnostics have fewer. */
const STDOUT_MAX = 64 * 1024 * 1024;

/**
 * Runs cargo to its end. The signal ends it with every process that it started, and the call waits
 * for that.
 *
 * @throws {GrafosError} cargo_output_too_large, and the signal's reason
 */
export function runCargo(
  cargo: string,
  args: string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; signal?: AbortSignal },
): Promise<CargoRun> {
  const { signal } = options;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const windows = process.platform === 'win32';
    // A group of its own, so that rustc and the linker end with it.
    const child = spawn(cargo, args, {
      cwd: options.cwd,
      env: options.env,
      detached: !windows,
      windowsHide: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let isTooLong = false;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      isTooLong ||= stdout.length + text.length > STDOUT_MAX;
      if (isTooLong) cancel();
      else stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-STDERR_KEPT);
    });
    const cancel = () => {
      if (child.pid === undefined) return;
      try {
        if (windows) spawn('taskkill', ['/pid', String(child.pid), '/t', '/f'], { stdio: 'ignore' });
        else process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It ended by itself just now.
      }
    };
    signal?.addEventListener('abort', cancel, { once: true });
    child.once('error', (error) => {
      signal?.removeEventListener('abort', cancel);
      reject(error);
    });
    child.once('close', (code) => {
      signal?.removeEventListener('abort', cancel);
      if (signal?.aborted) reject(signal.reason);
      else if (isTooLong) reject(tooLong());
      else resolve({ code, messages: readMessages(stdout), stderr });
    });
  });
}

function tooLong(): GrafosError {
  return new GrafosError('cargo_output_too_large', 'cargo was ended: it says more than anybody reads.', {
    why: `Its messages have more than ${STDOUT_MAX / 1024 ** 2} MiB.`,
    next: 'Run `cargo check` in the folder of the crate to see what it says.',
  });
}

function readMessages(stdout: string): CargoMessage[] {
  return stdout.split('\n').flatMap((line): CargoMessage[] => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}
