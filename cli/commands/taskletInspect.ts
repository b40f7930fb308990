import { parse, resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { NAME_PATTERN } from '../../program/manifestKeys.ts';
import { formatSize } from '../../program/size.ts';
import { type InspectedModule, inspectModule } from '../../toolchain/inspect/inspectModule.ts';
import type { CommandContext } from '../command.ts';
import { pathText } from '../pathText.ts';

const NAME = new RegExp(NAME_PATTERN);

export async function run({ cwd, out }: CommandContext, given: { tasklet?: string }): Promise<number> {
  const named = given.tasklet?.endsWith('.wasm') ? resolve(cwd, given.tasklet) : undefined;
  // A file that somebody names may lie anywhere, a module of the program in the program alone.
  if (named === undefined && given.tasklet !== undefined && !NAME.test(given.tasklet)) {
    throw new GrafosError('wrong_usage', `"${given.tasklet}" is neither the name of a tasklet nor a .wasm file.`, {
      next: 'Give a name of the manifest, or the path of a module: grafos tasklet inspect build/hello.wasm',
    });
  }
  const seen = await (named === undefined ? inspectBuilt(cwd, given.tasklet) : inspectModule(named, parse(named).root));
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

function inspectBuilt(cwd: string, name: string | undefined): Promise<InspectedModule> {
  const program = loadProgram(cwd);
  return inspectModule(resolve(program.root, findTasklet(program, name).output), program.root);
}
