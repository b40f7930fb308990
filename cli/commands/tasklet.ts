import { parse, resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { NAME_PATTERN } from '../../program/manifestKeys.ts';
import { formatSize } from '../../program/size.ts';
import type { BuildResult } from '../../toolchain/compile/buildTasklet.ts';
import type { CommandContext } from '../command.ts';
import { pathText } from '../text.ts';

export async function build({ cwd, out, signal }: CommandContext, given: { tasklets: string[] }): Promise<number> {
  const { buildAll } = await import('../../toolchain/compile/buildAll.ts');
  const program = loadProgram(cwd);
  const tasklets =
    given.tasklets.length === 0 ? program.manifest.tasklets : given.tasklets.map((name) => findTasklet(program, name));
  let built: BuildResult[];
  try {
    built = await buildAll(program, tasklets, signal, ({ name }) => out.progress(`building ${name}`));
  } catch (error) {
    const { reportBuildFailure } = await import('../builds.ts');
    return reportBuildFailure(out, error, cwd);
  }
  const warnings = built.flatMap((one) => one.warnings);
  if (warnings.length > 0) {
    const { renderHuman } = await import('../../toolchain/validate/renderHuman.ts');
    out.note(...renderHuman(warnings, { base: cwd, paint: out.paint(process.stderr) }));
  }
  out.result(
    built.map(({ tasklet, kind, output, bytes, sha256, unchanged, duration_ms, cargo }) => ({
      tasklet,
      kind,
      output,
      bytes,
      sha256,
      unchanged,
      duration_ms: Math.round(duration_ms),
      ...(cargo === undefined ? {} : { cargo }),
    })),
    (paint) =>
      built.map(
        ({ tasklet, output, bytes, unchanged, duration_ms, cargo }) =>
          `${unchanged ? 'same ' : paint('green', 'built')}  ${tasklet}  ${formatSize(bytes)}  ${paint('dim', `${pathText(output, cwd)}, ${Math.round(duration_ms)} ms${cargo === undefined ? '' : `, by ${cargo}`}`)}`,
      ),
  );
  return 0;
}

const TASKLET_NAME = new RegExp(NAME_PATTERN);

export async function inspect({ cwd, out }: CommandContext, given: { tasklet?: string }): Promise<number> {
  const named = given.tasklet?.endsWith('.wasm') ? resolve(cwd, given.tasklet) : undefined;
  // A file that somebody names may lie anywhere, a module of the program in the program alone.
  if (named === undefined && given.tasklet !== undefined && !TASKLET_NAME.test(given.tasklet)) {
    throw new GrafosError('wrong_usage', `"${given.tasklet}" is neither the name of a tasklet nor a .wasm file.`, {
      next: 'Give a name of the manifest, or the path of a module: grafos tasklet inspect build/hello.wasm',
    });
  }
  const { inspectModule } = await import('../../toolchain/inspect/inspectModule.ts');
  const seen = await (named === undefined
    ? inspectModule(...builtModule(cwd, given.tasklet))
    : inspectModule(named, parse(named).root));
  out.result(seen, (paint) => [
    `${pathText(seen.file, cwd)}  ${formatSize(seen.bytes)}  ${paint('dim', seen.sha256)}`,
    `  functions  ${seen.functions}`,
    `  memory     ${seen.memory === null ? 'none' : `${formatSize(seen.memory.min_bytes)} at least, ${seen.memory.max_bytes === null ? 'no maximum of its own' : `${formatSize(seen.memory.max_bytes)} at most`}`}`,
    ...seen.imports.map(({ module, name, signature }) => `  import     ${module}.${name}  ${paint('dim', signature)}`),
    ...seen.exports.map(({ name, signature }) => `  export     ${name}  ${paint('dim', signature)}`),
    ...seen.custom_sections.map(({ name, bytes }) => `  custom     ${name}  ${paint('dim', formatSize(bytes))}`),
    ...seen.problems.map(
      ({ severity, message }) => `  ${paint(severity === 'error' ? 'red' : 'yellow', severity.padEnd(9))}  ${message}`,
    ),
  ]);
  return seen.problems.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** The path of a built module, and the folder that it must lie in. */
function builtModule(cwd: string, name: string | undefined): [file: string, root: string] {
  const program = loadProgram(cwd);
  return [resolve(program.root, findTasklet(program, name).output), program.root];
}
