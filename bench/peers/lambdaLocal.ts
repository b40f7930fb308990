import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median, times } from '../../test/helpers/measure.ts';
import type { PeerFigures } from './peer.ts';

const run = promisify(execFile);

/** One process a call: the peer of a cold `grafos deploy run`. */
export async function lambdaLocal(modules: string, rounds: number): Promise<PeerFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'grafos-bench-'));
  try {
    await writeFile(
      join(folder, 'handler.js'),
      "exports.handler = async (event) => ({ ran_in: 'lambda', input_bytes: JSON.stringify(event).length });\n",
    );
    await writeFile(join(folder, 'event.json'), '{}');
    const call = async () => {
      const { stdout, stderr } = await run(process.execPath, [
        join(modules, 'lambda-local/build/cli.js'),
        '-l',
        join(folder, 'handler.js'),
        '-e',
        join(folder, 'event.json'),
      ]);
      if (!`${stdout}${stderr}`.includes('"ran_in"'))
        throw new Error(`lambda-local did not answer: ${stdout}${stderr}`);
    };
    await call();
    return { one_shot_ms: median(await times(rounds, call)) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
