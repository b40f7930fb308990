import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { decodeText } from '../../program/decodeText.ts';
import { MANIFEST_NAME } from '../../program/loadProgram.ts';
import { parseManifest, type Tasklet } from '../../program/manifest.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { rustSource } from '../../program/rustSource.ts';
import { staleness } from '../compile/staleness.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';
import { checkCrate } from './checkCrate.ts';

interface Options {
  /** Only this tasklet. */
  tasklet?: string;
  /** Cargo may be started. It runs the build scripts and the procedural macros of the crates. */
  mayStartCargo: boolean;
  signal?: AbortSignal;
  env?: NodeJS.ProcessEnv;
}

/**
 * Compiles the Rust tasklets of a program.
 *
 * A tasklet whose module is fresh is left out: this user built it here, so that its source
 * compiles. A tasklet that could not be compiled has the finding GRF2209.
 *
 * @throws {GrafosError} the signal's reason
 */
export async function compileRust(root: string, options: Options): Promise<Finding[]> {
  const reader = new ProgramReader(root);
  const findings: Finding[] = [];
  for (const tasklet of await crates(reader)) {
    if (options.tasklet !== undefined && options.tasklet !== tasklet.name) continue;
    // The scan of the sources reports a folder without a crate.
    const manifest = await reader.lookSoon(join(root, rustSource(tasklet.source).crate, 'Cargo.toml'));
    if (manifest.state !== 'ok' || (await wasCompiled(root, tasklet))) continue;
    findings.push(...(await compile(root, tasklet, options)));
  }
  return findings;
}

async function crates(reader: ProgramReader): Promise<Tasklet[]> {
  const read = await reader.readSoon(join(reader.root, MANIFEST_NAME), 'manifest');
  if (read.state !== 'ok') return [];
  const { problems, tasklets } = parseManifest(decodeText(read.bytes) ?? '');
  if (problems.some(({ kind }) => kind === 'toml-syntax' || kind === 'duplicate-key')) return [];
  return tasklets.flatMap(({ tasklet }) => (tasklet?.kind === 'rust' ? [tasklet] : []));
}

/** Says whether this user built the module here from the sources as they are. */
async function wasCompiled(root: string, tasklet: Tasklet): Promise<boolean> {
  try {
    return (await staleness({ root }, tasklet)).state === 'fresh';
  } catch (error) {
    if (error instanceof GrafosError) return false;
    throw error;
  }
}

async function compile(root: string, tasklet: Tasklet, options: Options): Promise<Finding[]> {
  const { mayStartCargo, signal, env } = options;
  if (!mayStartCargo)
    return [
      notCompiled(
        root,
        tasklet,
        'This check starts no cargo, because cargo runs the build scripts of a crate. Once you trust them: grafos validate',
      ),
    ];
  try {
    return await checkCrate({ root }, tasklet, {
      ...(signal === undefined ? {} : { signal }),
      ...(env === undefined ? {} : { env }),
    });
  } catch (error) {
    if (signal?.aborted || !(error instanceof GrafosError)) throw error;
    const { message, why, next } = error;
    // What cargo says may have several lines.
    const blank = why?.includes('\n') ? '\n' : ' ';
    const parts = [`${message} ${why ?? ''}`.trim(), next].filter((part) => part !== undefined);
    return [notCompiled(root, tasklet, parts.join(blank))];
  }
}

function notCompiled(root: string, { name, source }: Tasklet, why: string): Finding {
  const words = `"${name}" was not compiled, so faults that only the compiler finds are not in this list.`;
  return finding('GRF2209', join(root, rustSource(source).crate, 'Cargo.toml'), FILE_START, `${words} ${why}`);
}
