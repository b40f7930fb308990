import { resolve } from 'node:path';
import { findTasklet, loadProgram } from '../../program/loadProgram.ts';
import { formatSize } from '../../program/size.ts';
import { inspectModule } from '../../toolchain/inspect/inspectModule.ts';
import type { CommandContext } from '../command.ts';
import { pathText } from '../pathText.ts';

export async function run({ cwd, out }: CommandContext, given: { tasklet?: string }): Promise<number> {
  const file = given.tasklet?.endsWith('.wasm') ? resolve(cwd, given.tasklet) : builtFile(cwd, given.tasklet);
  const seen = await inspectModule(file);
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

function builtFile(cwd: string, name: string | undefined): string {
  const program = loadProgram(cwd);
  return resolve(program.root, findTasklet(program, name).output);
}
