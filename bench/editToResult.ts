import { cp, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../daemons/protocol/packageRoot.ts';
import { findTasklet, loadProgramSoon } from '../program/loadProgram.ts';
import { languageClient } from '../test/helpers/languageClient.ts';
import { staleness } from '../toolchain/build/staleness.ts';
import { connectTarget } from '../toolchain/deploy/connectTarget.ts';
import { deployRun } from '../toolchain/deploy/deployRun.ts';
import { resolveProvider } from '../toolchain/deploy/resolveProvider.ts';
import { devDown } from '../toolchain/stack/devDown.ts';
import { devUp } from '../toolchain/stack/devUp.ts';
import { median } from './measure.ts';

/** Median times from a saved file to the end of the run, with the steps of the extension's Run. */
interface EditToResult {
  /** Milliseconds after an edit: the language server builds the source. */
  edited: number;
  /** Milliseconds without an edit: the built module runs. */
  unedited: number;
}

/** Runs a copy of `cookbook/local-dev`, each round once with an edit and once without. */
export async function editToResult(rounds: number): Promise<EditToResult> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-bench-'));
  const signal = new AbortController().signal;
  try {
    await cp(join(packageRoot, 'cookbook/local-dev'), folder, {
      recursive: true,
      filter: (from) => !/[/\\](build|\.grafos)$/.test(from),
    });
    await devUp(folder, { signal });
    await using server = await languageClient({ initializationOptions: { builds: true } });
    const source = join(folder, 'tasklets/local-dev.ts');
    const text = await readFile(source, 'utf8');
    server.open(source, text);
    const once = async (): Promise<number> => {
      const begun = performance.now();
      const program = await loadProgramSoon(folder);
      const tasklet = findTasklet(program, undefined);
      if ((await staleness(program, tasklet)).state !== 'fresh')
        await server.request('grafos/build', { program: folder, tasklet: tasklet.name });
      using client = await connectTarget(await resolveProvider(folder, 'local'));
      const run = await deployRun(client, { program, tasklet, input: Buffer.from('{}'), signal });
      if (run.state !== 'succeeded') throw new Error(`the run ended as ${run.state}`);
      return performance.now() - begun;
    };
    await once();
    const edited: number[] = [];
    const unedited: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      // The edit adds code: a comment would give the same module.
      await writeFile(source, `${text}\nexport function edit${round}(): i32 { return ${round}; }\n`);
      edited.push(await once());
      unedited.push(await once());
    }
    return { edited: median(edited), unedited: median(unedited) };
  } finally {
    await devDown(folder, signal);
    await rm(folder, { recursive: true, force: true });
  }
}
