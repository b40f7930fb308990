import { basename, dirname, resolve } from 'node:path';
import { findProgram } from '../../program/loadProgram.ts';
import { newProgram } from '../../toolchain/newProgram/newProgram.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  folder: string;
  template: 'assemblyscript' | 'rust' | 'wat';
  name?: string;
}

export async function run({ cwd, out }: CommandContext, given: Given): Promise<void> {
  const dir = resolve(cwd, given.folder);
  const around = findProgram(dirname(dir));
  const made = await newProgram({ dir, name: given.name ?? basename(dir), template: given.template });
  const input = made.files.find((file) => file.endsWith('/hello.input.json'));
  if (around !== null) {
    out.warn(
      `${made.dir} lies inside another program, ${around}.`,
      '  Commands in the new folder work on the new program alone.',
      `  For one more tasklet of ${around}, add a [[tasklet]] to its grafos.toml instead.`,
    );
  }
  out.result(made, (paint) => [
    `${paint('green', 'made')}  ${made.dir}`,
    ...made.files.map((file) => `  ${file}`),
    `  next: cd ${shellWord(given.folder)} && grafos dev up && grafos tasklet build && grafos deploy run${input === undefined ? '' : ` --input ${input}`}`,
  ]);
}

function shellWord(text: string): string {
  return /^[\p{L}\p{N}_./@:+-]+$/u.test(text) ? text : `"${text.replaceAll(/["$`\\]/g, '\\$&')}"`;
}
