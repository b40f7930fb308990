import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from '../test/helpers/measure.ts';

const run = promisify(execFile);

/** Writes the processor time of the process and the files that it loaded, when it ends. */
const METER = `process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const used = { microseconds: user + system, files: Object.keys(require.cache) };
  require('node:fs').writeFileSync(process.env.GRAFOS_BENCH_USED, JSON.stringify(used));
});`;

/** Medians of one command, milliseconds, and what it loaded. */
export interface CommandTime {
  wall: number;
  processor: number;
  /** Paths of the CommonJS files, such as the parts of the built command. */
  files: string[];
}

/**
 * Measures whole Node processes one after another, a round of all commands at a time: what slows
 * the machine for a while then slows all of them.
 *
 * @param folder the commands work there; a file of the measurement is written to it
 * @param commands arguments of Node, by name
 * @param env more of their environment
 */
export async function commandPairs<Name extends string>(
  folder: string,
  rounds: number,
  commands: Record<Name, string[]>,
  env: NodeJS.ProcessEnv = {},
): Promise<Record<Name, CommandTime>> {
  const [meter, used] = [join(folder, 'processorTime.cjs'), join(folder, 'used.json')];
  await writeFile(meter, METER);
  const names = Object.keys(commands) as Name[];
  const taken = new Map(
    names.map((name) => [name, { wall: [] as number[], processor: [] as number[], files: new Set<string>() }]),
  );
  for (let round = 0; round < rounds; round++) {
    for (const [name, { wall, processor, files }] of taken) {
      const begun = performance.now();
      await run(process.execPath, ['--require', meter, ...commands[name]], {
        cwd: folder,
        env: { ...process.env, ...env, GRAFOS_BENCH_USED: used },
      });
      wall.push(performance.now() - begun);
      const read: { microseconds: number; files: string[] } = JSON.parse(await readFile(used, 'utf8'));
      processor.push(read.microseconds / 1000);
      for (const file of read.files) files.add(file);
    }
  }
  return Object.fromEntries(
    [...taken].map(([name, { wall, processor, files }]) => [
      name,
      { wall: median(wall), processor: median(processor), files: [...files] },
    ]),
  ) as Record<Name, CommandTime>;
}
