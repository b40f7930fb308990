import { join } from 'node:path';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { rustSource } from '../../program/rustSource.ts';
import { cargoEnvironment, cargoFault, throwFor } from '../compile/buildRust.ts';
import { cargoFolder } from '../compile/cargoFolder.ts';
import { checkCrateFiles } from '../compile/checkCrateFiles.ts';
import { findRust, RUST_TARGET } from '../compile/findRust.ts';
import { runCargo } from '../compile/runCargo.ts';
import { rustFindings } from '../compile/rustFindings.ts';
import type { Finding } from '../validate/finding.ts';

/**
 * The messages of rustc about a crate as it is on the disk (GRF2207, GRF2208), by `cargo check`.
 *
 * Its target folder in `.grafos/build` is neither the user's nor that of `grafos tasklet build`:
 * cargo locks a target folder, and no build waits for a check. The check runs the crate's build
 * scripts, and never uses the network.
 *
 * @throws {GrafosError} as `buildRust`
 * @throws the signal's reason
 */
export async function checkCrate(
  program: Pick<Program, 'root'>,
  tasklet: Tasklet,
  options: { signal?: AbortSignal; env?: NodeJS.ProcessEnv } = {},
): Promise<Finding[]> {
  const env = options.env ?? process.env;
  const crate = join(program.root, rustSource(tasklet.source).crate);
  const manifest = join(crate, 'Cargo.toml');
  await checkCrateFiles(program.root, crate);
  const tools = await findRust(crate, env, options.signal);
  const target = await cargoFolder(program.root, 'check');
  const args = ['check', '--lib', '--offline', '--target', RUST_TARGET, '--manifest-path', manifest];
  args.push('--target-dir', target, '--message-format', 'json');
  const run = await runCargo(tools.cargo, args, {
    cwd: crate,
    env: cargoEnvironment(env, tools, program.root, tasklet),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const findings = rustFindings(run.messages, crate);
  if (run.code === 0) return findings;
  throwFor(run, findings, { root: program.root, crate }, tools, env);
  return findings.some(({ severity }) => severity === 'error')
    ? findings
    : [...findings, cargoFault(run, manifest, tools)];
}
