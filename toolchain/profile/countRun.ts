import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { boundedCommand } from '../../base/boundedCommand.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { FuelProfile, ProfileJob } from '../../daemons/wire/fuelProfile.ts';
import { PROFILE_LIMITS, type ProfileLimits } from '../../daemons/wire/profileLimits.ts';
import { daemonEntry, daemonEnvironment } from '../stack/spawnDaemon.ts';

const MIB = 1024 * 1024;

/** Messages of V8 and of the system when memory runs out. */
const NO_MEMORY = /ERR_WORKER_OUT_OF_MEMORY|out of memory|allocat/i;

/**
 * Has `fabricbiosd profile` do a run again, with counters, in a process that ends with this one.
 * The module and its record may be a stranger's: memory, time and answer of the process are bounded
 * ({@link PROFILE_LIMITS}).
 *
 * @throws {GrafosError} not_profiled, installation_incomplete, profile_failed, interrupted
 */
export async function countRun(
  job: ProfileJob,
  signal: AbortSignal,
  limits: ProfileLimits = PROFILE_LIMITS,
): Promise<FuelProfile> {
  signal.throwIfAborted();
  const { run_id, mem_bytes, timeout_ms } = job.record;
  if (mem_bytes > limits.fabricMemory)
    throw past(run_id, `it leased ${mem_bytes} bytes of fabric memory, and ${limits.fabricMemory} is the most`);
  const timeMs = Math.min(limits.timeMs, limits.baseMs + limits.timeFactor * timeout_ms);
  // The text is made before there is a process, which would stay when it cannot be made.
  const text = `${JSON.stringify(job)}\n`;
  // Garbage collection and compilers have threads of their own.
  const child = start(limits.processMemory, 2 * timeMs);
  const { stdout, end } = await answerOf(child, text, { timeMs, signal, limits });
  if (signal.aborted) throw new GrafosError('interrupted', 'The profile was given up.');
  if (end !== null) {
    if ('past' in end) throw past(run_id, end.past);
    throw failed(end.why);
  }
  try {
    return JSON.parse(stdout.toString('utf8'));
  } catch {
    throw failed('its answer is no JSON');
  }
}

function start(memory: number, cpuMs: number): ChildProcessWithoutNullStreams {
  const node = [process.execPath, daemonEntry('fabricbiosd'), 'profile', String(memory), String(cpuMs)];
  const [command = '', ...args] = boundedCommand({ memory, cpuMs }, node);
  return spawn(command, args, { stdio: 'pipe', windowsHide: true, env: daemonEnvironment() });
}

/** The reason why there is no answer: a bound that the process met, or a fault. */
type End = { past: string } | { why: string };

/** Resolves once the process is gone, however it ended. */
function answerOf(
  child: ChildProcessWithoutNullStreams,
  text: string,
  { timeMs, signal, limits }: { timeMs: number; signal: AbortSignal; limits: ProfileLimits },
): Promise<{ stdout: Buffer; end: End | null }> {
  return new Promise((resolve) => {
    const parts: Buffer[] = [];
    let [size, words] = [0, ''];
    let end: End | null = null;
    const give = (why: End): void => {
      end ??= why;
      child.kill('SIGKILL');
    };
    const abort = () => give({ why: 'it was given up' });
    const late = setTimeout(() => give({ past: `it took more than ${timeMs / 1000} s` }), timeMs);
    const settle = () => {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
      resolve({ stdout: Buffer.concat(parts), end });
    };
    signal.addEventListener('abort', abort, { once: true });
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= limits.answer) parts.push(part);
      else give({ past: `its counters take more than ${limits.answer / MIB} MiB` });
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      words = (words + part).slice(0, limits.words);
    });
    child.on('error', (error) => {
      end ??= { why: error.message };
      if (child.pid === undefined) settle();
    });
    child.on('close', (code, killed) => {
      if (code !== 0) end ??= endOf(code, killed, words, limits);
      settle();
    });
    // One that died says so by its end.
    child.stdin.on('error', () => {});
    child.stdin.write(text);
  });
}

/** Distinguishes a process that met its bounds from one that failed. It ends itself by a signal. */
function endOf(code: number | null, killed: string | null, words: string, { processMemory }: ProfileLimits): End {
  const line = words
    .trim()
    .split('\n')
    .find((one) => /Error/.test(one));
  if (killed === null && (line === undefined || !NO_MEMORY.test(line)))
    return { why: line ?? `it ended with code ${code}` };
  return { past: `it takes more than ${processMemory / MIB} MiB, or too much processor time` };
}

function past(runId: string, why: string): GrafosError {
  return new GrafosError('not_profiled', `Run ${runId} cannot be repeated here with counters.`, {
    why: `It is past a bound of a profile: ${why}.`,
    next: 'See "Of a profile" in docs/reference/limits.md, and profile a smaller run.',
  });
}

function failed(why: string): GrafosError {
  return new GrafosError('profile_failed', 'The run could not be done again with counters.', {
    why,
    next: 'Say GRAFOS_DEBUG=1 for all that is known, and report it with the run.',
  });
}
