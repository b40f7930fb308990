import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { formatSize } from '../../program/size.ts';
import { buildAll } from '../../toolchain/compile/buildAll.ts';
import type { BuildResult } from '../../toolchain/compile/buildTasklet.ts';
import { renderHuman } from '../../toolchain/validate/renderHuman.ts';
import type { CommandContext } from '../command.ts';
import { pathText } from '../pathText.ts';
import { reportBuildFailure } from '../reportBuildFailure.ts';

export async function run({ cwd, out, signal }: CommandContext, given: { tasklets: string[] }): Promise<number> {
  const program = loadProgram(cwd);
  const tasklets =
    given.tasklets.length === 0 ? program.manifest.tasklets : given.tasklets.map((name) => findTasklet(program, name));
  let built: BuildResult[];
  try {
    built = await buildAll(program, tasklets, signal, ({ name }) => out.progress(`building ${name}`));
  } catch (error) {
    return reportBuildFailure(out, error, cwd);
  }
  const warnings = built.flatMap((one) => one.warnings);
  if (warnings.length > 0) out.note(...renderHuman(warnings, { base: cwd, paint: out.paint(process.stderr) }));
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
