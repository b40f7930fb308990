import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SchedulerClient } from '../daemons/tenant/schedulerClient.ts';
import type { DevState } from '../daemons/wire/devState.ts';
import { percentile } from '../test/helpers/measure.ts';
import { ALL_ATTACKS, ATTACKS } from '../test/hostile/attacks.ts';
import { CORPUS } from '../test/hostile/corpus.ts';
import { faultOf, hello, helloFault, putModule, submitCase } from '../test/hostile/submitCase.ts';
import { confirmStack } from '../toolchain/confirm/stackConfirmation.ts';
import { connectTarget } from '../toolchain/deploy/connectTarget.ts';
import { resolveProvider } from '../toolchain/deploy/resolveProvider.ts';
import { makeProgramState } from '../toolchain/stack/programState.ts';
import { stackPaths } from '../toolchain/stack/stackPaths.ts';
import { startStack } from '../toolchain/stack/startStack.ts';
import { benchNewModules, newModuleRow } from './hostileNewModules.ts';
import type { Report } from './report.ts';
import { threadTimes, timeRows } from './threadTimes.ts';

/** Time that an attack lasts before it is measured, milliseconds. */
const WARM_UP_MS = 2_000;

/** Longest measurement of one attack, milliseconds. */
const MEASURED_MS = 15_000;

/**
 * Prints every case of the hostile corpus with its end, and then the effect of attacks on a
 * neighbour: one client that runs hello over and over on the same cell.
 *
 * Everything goes through the tenant API of a stack that `grafos dev up` made. The attackers are a
 * process of their own.
 */
export async function hostileReport(report: Report, runs: number): Promise<void> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-hostile-'));
  // The attackers are processes of their own and find the stack by its folder, which is no program
  // of the measuring user.
  process.env.XDG_STATE_HOME = join(folder, 'records');
  await makeProgramState(folder);
  const beforeState = (state: DevState) => confirmStack(folder, state);
  const stack = await startStack(folder, stackPaths(folder), { beforeState });
  try {
    using client = await connectTarget(await resolveProvider(folder, 'local'));
    const sha256 = await putModule(client, hello());
    await corpusTable(report, client, sha256);
    report.print('\nA neighbour that runs hello, milliseconds');
    const calm = await neighbour('calm', client, sha256, runs);
    let whereTimeGoes: string[][] = [];
    const rows = [
      ['', 'runs', 'p50', 'p99', 'p99 to calm', 'runs of the attacker'],
      ['calm', ...figures(calm, calm), ''],
    ];
    for (const name of [...Object.keys(ATTACKS), ALL_ATTACKS]) {
      const attacker = spawn(process.execPath, [join(import.meta.dirname, 'hostileAttacker.ts'), folder, name], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      await once(attacker.stdout, 'data');
      await delay(WARM_UP_MS);
      const look = () =>
        Object.entries(stack.state.daemons).map(([daemon, { pid }]) => [daemon, threadTimes(pid)] as const);
      const [before, begun] = [look(), performance.now()];
      const attacked = await neighbour(name, client, sha256, runs);
      const seconds = (performance.now() - begun) / 1000;
      if (name === ALL_ATTACKS) {
        const after = new Map(look());
        whereTimeGoes = before.flatMap(([daemon, times]) =>
          timeRows(daemon, times, after.get(daemon) ?? times, seconds),
        );
      }
      const heard = once(attacker.stdout, 'data');
      attacker.stdin.end();
      rows.push([name, ...figures(attacked, calm), String((await heard)[0]).trim()]);
      if (attacker.exitCode === null) await once(attacker, 'exit');
      await settled(client);
    }
    const after = await neighbour('calm again', client, sha256, runs);
    rows.push(['calm again', ...figures(after, calm), '']);
    report.table(rows);
    report.print(`\nWhere the time goes under ${ALL_ATTACKS}: processors a second, and threads that wait for one`);
    report.table([['process', 'threads', 'run', 'wait'], ...whereTimeGoes]);
    await newModulesTable(report);
  } finally {
    await stack.end();
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Prints how long new modules of one tenant wait for those of another, on a cell without a network.
 */
async function newModulesTable(report: Report): Promise<void> {
  const worker = new URL('../dist/daemons/runWorker.js', import.meta.url);
  const { calm, attacked, hostile } = await benchNewModules(worker);
  report.print(`\nA new module of one tenant beside ${hostile} hostile ones of another, milliseconds`);
  report.table([
    ['', 'modules', 'p50', 'p99', 'p99 above calm p50'],
    newModuleRow('calm', calm, calm),
    newModuleRow('attacked', attacked, calm),
  ]);
}

async function corpusTable(report: Report, client: SchedulerClient, sha256: string): Promise<void> {
  let faults = 0;
  const rows = [['hostile case', 'limit', 'ends as']];
  for (const one of CORPUS) {
    const end = await submitCase(client, one);
    const fault = faultOf(one, end) ?? (await helloFault(client, sha256));
    if (fault !== undefined) faults++;
    rows.push([one.name, one.limit, fault === undefined ? end.code : `WRONG: ${fault}`]);
  }
  report.table(rows);
  report.print(`${CORPUS.length} cases, ${faults} wrong`);
  if (faults > 0) process.exitCode = 1;
}

/** Until what the attacker left under way has ended: the next attack is measured alone. */
async function settled(client: SchedulerClient): Promise<void> {
  const isUnderWay = ({ ended_at }: { ended_at: string | null }) => ended_at === null;
  while ((await client.listRuns({ limit: 100 })).some(isUnderWay)) await delay(100);
}

/**
 * Measures runs one after another, milliseconds each. There are fewer runs where they would take
 * longer than {@link MEASURED_MS}.
 */
async function neighbour(attack: string, client: SchedulerClient, sha256: string, runs: number): Promise<number[]> {
  const taken: number[] = [];
  const until = performance.now() + MEASURED_MS;
  while (taken.length < runs && performance.now() < until) {
    const begun = performance.now();
    const fault = await helloFault(client, sha256);
    taken.push(performance.now() - begun);
    if (fault !== undefined) throw new Error(`Under ${attack}: ${fault}.`);
  }
  return taken;
}

function figures(taken: number[], calm: number[]): string[] {
  const p99 = percentile(taken, 0.99);
  return [
    String(taken.length),
    percentile(taken, 0.5).toFixed(2),
    p99.toFixed(2),
    (p99 / percentile(calm, 0.99)).toFixed(2),
  ];
}
