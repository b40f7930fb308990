import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunSubmit } from '../../daemons/wire/tenantApi.ts';
import { CORPUS, type HostileCase } from './corpus.ts';
import { putModule, submission } from './submitCase.ts';

interface Attack {
  /** Names of the corpus, in turn. */
  cases: string[];
  /** Runs under way at one time. */
  at_once: number;
  /** Each run has a module that nobody ran before. */
  fresh?: boolean;
}

/** Attacks on a cell that others use, by a client that is admitted like any other. */
export const ATTACKS: Record<string, Attack> = {
  'loops that only the deadline ends': { cases: ['a loop without end and all the fuel there is'], at_once: 8 },
  'loops that write 32 MiB a round': { cases: ['memory.fill of 32 MiB, again and again'], at_once: 8 },
  'host calls without end': { cases: ['random_fill of a whole memory, again and again'], at_once: 8 },
  'new modules of vector code': { cases: ['two thousand functions of vector code'], at_once: 4, fresh: true },
  'new modules that compilers take long for': {
    cases: [
      'a function close below what a compiler may take, which a trial compiles first',
      'a function that takes the optimizing compiler minutes, over and over',
    ],
    at_once: 4,
    fresh: true,
  },
  'modules past the bounds of compilers': {
    cases: ['9900 ifs inside each other with 47990 locals', '70 000 calls that leave 1 000 values each'],
    at_once: 4,
    fresh: true,
  },
  'outputs of 16 MiB': { cases: ['an output of 17 MiB, as if it had been taken'], at_once: 4 },
  'JSON of 16 MiB in and out': { cases: ['sixteen MiB of JSON, in and out'], at_once: 4 },
  'logs without end': { cases: ['a log record of a whole memory'], at_once: 8 },
  'recursions, traps and refusals': {
    cases: ['recursion without end', 'a start function that traps', 'a memory minimum above linear_memory'],
    at_once: 8,
  },
};

export const ALL_ATTACKS = 'all of these at once';

/**
 * Attacks until the signal is aborted. Refused submits (a quota, say) are tried again.
 *
 * @returns the number of ended runs
 */
export async function attack(client: SchedulerClient, name: string, signal: AbortSignal): Promise<number> {
  const attacks = name === ALL_ATTACKS ? Object.values(ATTACKS) : [ATTACKS[name] as Attack];
  const ended = await Promise.all(attacks.map((one) => attackBy(client, one, signal)));
  return ended.reduce((sum, runs) => sum + runs, 0);
}

async function attackBy(
  client: SchedulerClient,
  { cases, at_once, fresh }: Attack,
  signal: AbortSignal,
): Promise<number> {
  const all = cases.map((name) => CORPUS.find((one) => one.name === name) as HostileCase);
  const modules = await Promise.all(all.map(async (one) => ({ one, bytes: one.module() })));
  const jobs: RunSubmit[] = [];
  for (const { one, bytes } of modules) jobs.push(submission(await putModule(client, bytes), one.job));
  let ended = 0;
  let begun = 0;
  const next = async (): Promise<RunSubmit> => {
    const number = begun++;
    const job = jobs[number % jobs.length] as RunSubmit;
    const bytes = modules[number % modules.length]?.bytes;
    if (!fresh || bytes === undefined) return job;
    // A custom section of eight bytes makes it another module.
    const mark = Buffer.from(`${String(number).padStart(4, '0')}${process.pid}`.slice(0, 8).padEnd(8, '_'));
    const other = Buffer.concat([bytes, Buffer.from([0, 10, 1, 0x6e]), mark]);
    return { ...job, module_sha256: await putModule(client, other) };
  };
  await Promise.all(
    Array.from({ length: at_once }, async () => {
      while (!signal.aborted) {
        try {
          await client.submit(await next(), { waitMs: 60_000, signal });
          ended++;
        } catch {
          if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    }),
  );
  return ended;
}
