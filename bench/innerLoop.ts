import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { packageRoot } from '../base/packageRoot.ts';
import { findTasklet, loadProgram } from '../program/loadProgram.ts';
import { type Load, load, median, proportionalSetSize, times } from '../test/helpers/measure.ts';
import { buildTasklet } from '../toolchain/compile/buildTasklet.ts';
import { connectTarget } from '../toolchain/deploy/connectTarget.ts';
import { resolveProvider } from '../toolchain/deploy/resolveProvider.ts';
import { readDevState } from '../toolchain/stack/devState.ts';
import { stackPaths } from '../toolchain/stack/stackPaths.ts';

const run = promisify(execFile);

/** Milliseconds unless the name says otherwise; those of commands are of whole processes. */
export interface InnerLoop {
  bare_node: number;
  dev_up: number;
  deploy_run_cold: number;
  tasklet_build_cold: number;
  tasklet_build_warm: number;
  /** A build when nothing changed since the last one, milliseconds. */
  tasklet_build_same: number;
  validate: number;
  dev_down: number;
  idle_mib: number;
  loads: Load[];
}

/**
 * Measures the inner loop on a copy of `cookbook/local-dev`, through the command and through the
 * tenant API.
 */
export async function innerLoop(rounds: number, seconds: number): Promise<InnerLoop> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-bench-'));
  const grafos = (...args: string[]) =>
    run(process.execPath, [join(packageRoot, 'bin/grafos.cjs'), ...args], { cwd: folder });
  const timed = async (...args: string[]) => median(await times(rounds, () => grafos(...args)));
  try {
    await cp(join(packageRoot, 'cookbook/local-dev'), folder, {
      recursive: true,
      filter: (from) => !/[/\\](build|\.grafos)$/.test(from),
    });
    await grafos('tasklet', 'build');
    // Fills the compile cache, as the first run of a new installation does.
    await grafos('dev', 'up');
    await grafos('deploy', 'run');
    await grafos('dev', 'down');

    const bare_node = median(await times(rounds, () => run(process.execPath, ['-e', '0'])));
    const ups: number[] = [];
    const downs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      ups.push(...(await times(1, () => grafos('dev', 'up'))));
      if (round < rounds - 1) downs.push(...(await times(1, () => grafos('dev', 'down'))));
    }
    await delay(500);
    const state = await readDevState(stackPaths(folder));
    if (state === undefined) throw new Error('the stack does not run');
    const idle_mib = proportionalSetSize(...Object.values(state.daemons).map(({ pid }) => pid));
    const deploy_run_cold = await timed('deploy', 'run', '--json');
    const validate = await timed('validate');
    const loads = await tenantApi(folder, seconds);
    downs.push(...(await times(1, () => grafos('dev', 'down'))));

    const program = loadProgram(folder);
    const tasklet = findTasklet(program, undefined);
    const source = join(folder, tasklet.source);
    const text = await readFile(source, 'utf8');
    let edits = 0;
    /** A source that did not change is not built. Each build gets another source. */
    const edit = () => writeFile(source, `${text}\n// ${++edits}\n`);
    const colds: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await edit();
      colds.push(...(await times(1, () => grafos('tasklet', 'build'))));
    }
    const tasklet_build_cold = median(colds);
    const tasklet_build_same = await timed('tasklet', 'build');
    await edit();
    await buildTasklet(program, tasklet, {});
    const tasklet_build_warm = median(
      await times(rounds, async () => {
        await edit();
        await buildTasklet(program, tasklet, {});
      }),
    );
    return {
      bare_node,
      dev_up: median(ups),
      deploy_run_cold,
      tasklet_build_cold,
      tasklet_build_warm,
      tasklet_build_same,
      validate,
      dev_down: median(downs),
      idle_mib,
      loads,
    };
  } finally {
    await grafos('dev', 'down');
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Measures warm runs through the tenant API, each with its authentication, durability, metering and
 * a fresh instance. Each client has one connection.
 */
async function tenantApi(folder: string, seconds: number): Promise<Load[]> {
  const program = loadProgram(folder);
  const tasklet = findTasklet(program, undefined);
  const target = await resolveProvider(folder, 'local');
  const module_sha256 = createHash('sha256')
    .update(await readFile(join(folder, tasklet.output)))
    .digest('hex');
  const submit = {
    program: program.manifest.name,
    version: program.manifest.version,
    tasklet: tasklet.name,
    module_sha256,
    input_b64: Buffer.from('{}').toString('base64'),
    mem_bytes: 0,
    fuel: tasklet.fuel,
    linear_memory_bytes: tasklet.linear_memory_bytes,
    timeout_ms: tasklet.timeout_ms,
  };
  const clients = await Promise.all(Array.from({ length: 32 }, () => connectTarget(target)));
  try {
    const callers = clients.map((client) => async () => {
      const done = await client.submit(submit, { idempotencyKey: randomUUID(), waitMs: 30_000 });
      if (done.state !== 'succeeded') throw new Error(`a run ended as ${done.state}`);
    });
    await load(callers, seconds / 2);
    return [await load(callers.slice(0, 1), seconds), await load(callers, seconds)];
  } finally {
    for (const client of clients) client.close();
  }
}
