import { basename, resolve } from 'node:path';
import { newProgram } from '../../toolchain/newProgram/newProgram.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  folder: string;
  template: 'assemblyscript' | 'rust' | 'wat';
  name?: string;
}

export async function run({ cwd, out }: CommandContext, given: Given): Promise<void> {
  const dir = resolve(cwd, given.folder);
  const made = await newProgram({ dir, name: given.name ?? basename(dir), template: given.template });
  const input = made.files.find((file) => file.endsWith('/hello.input.json'));
  out.result(made, (paint) => [
    `${paint('green', 'made')}  ${made.dir}`,
    ...made.files.map((file) => `  ${file}`),
    `  next: cd ${shellWord(given.folder)} && grafos dev up && grafos tasklet build && grafos deploy run${input === undefined ? '' : ` --input ${input}`}`,
  ]);
}

function shellWord(text: string): string {
  return /^[\p{L}\p{N}_./@:+-]+$/u.test(text) ? text : `"${text.replaceAll(/["$`\\]/g, '\\$&')}"`;
}
