import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from '../test/helpers/measure.ts';

const run = promisify(execFile);

/** Writes the processor time of the process to a file, when it ends. */
const METER = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  require('node:fs').writeFileSync(process.env.GRAFOS_BENCH_USED, String(user + system));
});`;

/** Medians of one command, milliseconds. */
export interface CommandTime {
  wall: number;
  processor: number;
}

/**
 * Measures whole Node processes one after another, a round of all commands at a time: what slows
 * the machine for a while then slows all of them.
 *
 * @param folder the commands work there; a file of the measurement is written to it
 * @param commands arguments of Node, by name
 */
export async function commandPairs<Name extends string>(
  folder: string,
  rounds: number,
  commands: Record<Name, string[]>,
): Promise<Record<Name, CommandTime>> {
  const [meter, used] = [join(folder, 'processorTime.cjs'), join(folder, 'used.txt')];
  await writeFile(meter, METER);
  const names = Object.keys(commands) as Name[];
  const taken = new Map(names.map((name) => [name, { wall: [] as number[], processor: [] as number[] }]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, { wall, processor }] of taken) {
      const begun = performance.now();
      await run(process.execPath, ['--require', meter, ...commands[name]], {
        cwd: folder,
        env: { ...process.env, GRAFOS_BENCH_USED: used },
      });
      wall.push(performance.now() - begun);
      processor.push(Number(await readFile(used, 'utf8')) / 1000);
    }
  }
  return Object.fromEntries(
    [...taken].map(([name, { wall, processor }]) => [name, { wall: median(wall), processor: median(processor) }]),
  ) as Record<Name, CommandTime>;
}
