/**
 * `npm run fuzz -- --hostile --minutes N [--seed N]`: generated modules that are small for what
 * they could cost, each run once on a real cell.
 *
 * A module that takes more memory or processor time of the cell than it may, or that ends it, is
 * printed (base64), and the exit code is 1. Linux only, because it reads /proc.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SchedulerClient } from '../daemons/tenant/schedulerClient.ts';
import type { DevState } from '../daemons/wire/devState.ts';
import { generator } from '../test/helpers/fuzz.ts';
import { percentile } from '../test/helpers/measure.ts';
import { temporaryFolder } from '../test/helpers/temporaryFolder.ts';
import { generateExpensive } from '../test/hostile/generateExpensive.ts';
import { hello, helloFault, putModule, submission } from '../test/hostile/submitCase.ts';
import { confirmStack } from '../toolchain/confirm/stackConfirmation.ts';
import { connectTarget } from '../toolchain/deploy/connectTarget.ts';
import { resolveProvider } from '../toolchain/deploy/resolveProvider.ts';
import { makeProgramState } from '../toolchain/stack/programState.ts';
import { stackPaths } from '../toolchain/stack/stackPaths.ts';
import { startStack } from '../toolchain/stack/startStack.ts';

/** Most memory that one module may add to the cell, bytes. */
const MEMORY_MAX = 512 * 1024 * 1024;
/** Most processor time of the cell that one module may take, seconds. */
const CPU_MAX_S = 2;
/** Clock ticks of a second in /proc, which Linux has fixed for programs. */
const TICKS = 100;

/** Time between two measurements of the processor, milliseconds. */
const STILL_MS = 100;
/** The longest wait for a cell to rest, milliseconds. */
const STILL_MAX_MS = 20_000;

/** Time enough for V8 to find a function hot. The work of a run is a small part of its bounds. */
const JOB = { fuel: 100_000_000, timeout_ms: 500 };

export async function fuzzHostile(minutes: number, seed: number): Promise<void> {
  await using folder = await temporaryFolder('grafos-fuzz-');
  // The run leaves the person's records as they are, and uses no result of an earlier trial.
  process.env.XDG_STATE_HOME = join(folder.path, 'records');
  process.env.XDG_CACHE_HOME = join(folder.path, 'cache');
  await makeProgramState(folder.path);
  const beforeState = (state: DevState) => confirmStack(folder.path, state);
  const stack = await startStack(folder.path, stackPaths(folder.path), { beforeState });
  try {
    using client = await connectTarget(await resolveProvider(folder.path, 'local'));
    await attackWith(
      generator(seed),
      performance.now() + minutes * 60_000,
      client,
      stack.state.daemons.fabricbiosd.pid,
    );
  } finally {
    await stack.end();
  }
}

async function attackWith(
  random: (below: number) => number,
  until: number,
  client: SchedulerClient,
  pid: number,
): Promise<void> {
  const helloSha256 = await putModule(client, hello());
  const ends = new Map<string, number>();
  const memory: number[] = [];
  const cpu: number[] = [];
  while (performance.now() < until && process.exitCode !== 1) {
    const { what, bytes } = generateExpensive(random);
    const before = usageOf(pid);
    const { response } = await client
      .submit(submission(await putModule(client, bytes), JOB), { waitMs: 120_000 })
      .catch((error: Error) => ({ response: { error: { code: error.message } } }));
    await untilStill(pid);
    const after = usageOf(pid);
    const fault = after === null ? 'the cell ended' : await helloFault(client, helloSha256);
    const used =
      before === null || after === null ? null : { memory: after.peak - before.now, cpu: after.cpu - before.cpu };
    if (used !== null) {
      memory.push(used.memory / 1024 / 1024);
      cpu.push(used.cpu);
    }
    const code = response === null ? 'unfinished' : (response.error?.code ?? 'succeeded');
    ends.set(code, (ends.get(code) ?? 0) + 1);
    const tooMuch = used === null || used.memory > MEMORY_MAX || used.cpu > CPU_MAX_S;
    if (fault !== undefined || tooMuch || code === 'unfinished') {
      process.exitCode = 1;
      const taken = used === null ? '' : `${Math.round(used.memory / 1024 / 1024)} MiB, ${used.cpu} s; `;
      console.log(
        `TOO MUCH: ${what}: ${taken}${fault ?? code}\n  ${Buffer.from(bytes).toString('base64').slice(0, 2_000)}`,
      );
    }
  }
  const most = (values: number[]) => Math.max(0, ...values).toFixed(1);
  console.log(
    `${memory.length} modules: ${[...ends].map(([code, count]) => `${count} ${code}`).join(', ')}; ` +
      `memory of the cell: median ${percentile(memory, 0.5).toFixed(1)} MiB, most ${most(memory)}; ` +
      `processor: median ${percentile(cpu, 0.5).toFixed(2)} s, most ${most(cpu)}`,
  );
}

/** Waits until the cell rests: V8 optimizes hot code long after its run has ended. */
async function untilStill(pid: number): Promise<void> {
  const until = performance.now() + STILL_MAX_MS;
  for (let before = processorOf(pid); performance.now() < until; ) {
    await delay(STILL_MS);
    const now = processorOf(pid);
    if (now === null || before === null || now - before < STILL_MS / 1000 / 10) return;
    before = now;
  }
}

/** Processor time of a process, seconds; null when the process is gone. */
function processorOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (Number(fields[11]) + Number(fields[12])) / TICKS;
  } catch {
    return null;
  }
}

/**
 * Reads the use of a process: memory now and at its most since the last look, bytes, and processor
 * time, seconds. Null when the process is gone.
 */
function usageOf(pid: number): { now: number; peak: number; cpu: number } | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
    const cpu = processorOf(pid);
    if (cpu === null) return null;
    const usage = { now: bytes('VmRSS'), peak: bytes('VmHWM'), cpu };
    // proc(5): 5 sets the peak back to what is resident now.
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return usage;
  } catch {
    return null;
  }
}
