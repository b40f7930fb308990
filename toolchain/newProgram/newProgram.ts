import { resolve } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { NAME_PATTERN } from '../../program/manifestKeys.ts';
import { assemblyScriptTemplate } from './assemblyScriptTemplate.ts';
import { layOutProgram } from './layOutProgram.ts';
import type { ProgramFiles } from './programFiles.ts';
import { rustTemplate } from './rustTemplate.ts';
import { watTemplate } from './watTemplate.ts';

export const TEMPLATES = ['assemblyscript', 'rust', 'wat'] as const;
export type Template = (typeof TEMPLATES)[number];

export interface NewProgram {
  /** Absolute. */
  dir: string;
  name: string;
  template: Template;
  /** The written files, relative with `/`, sorted; the state folder `.grafos` is not among them. */
  files: string[];
}

const TEMPLATE: Record<Template, (name: string) => ProgramFiles> = {
  assemblyscript: assemblyScriptTemplate,
  rust: rustTemplate,
  wat: watTemplate,
};

/**
 * Lays out a program with one tasklet and its fixtures, whole or not at all. The folder may exist
 * when it is empty. Nothing is ever overwritten.
 *
 * @throws {GrafosError} name_invalid, folder_not_empty, and the errors of the file system
 */
export async function newProgram(options: { dir: string; name: string; template: Template }): Promise<NewProgram> {
  const dir = resolve(options.dir);
  const { name, template } = options;
  if (!new RegExp(NAME_PATTERN).test(name)) {
    throw new GrafosError('name_invalid', `"${name}" cannot be the name of a program.`, {
      why: 'A name has 1 to 63 lowercase letters, digits and hyphens, and begins with a letter.',
      next: `Give another, for example --name ${suggestion(name)}.`,
    });
  }
  const files = TEMPLATE[template](name);
  return { dir, name, template, files: await layOutProgram(dir, files) };
}

function suggestion(name: string): string {
  const plain = name
    .normalize('NFKD')
    // The dots of an ü are not a place to break the word.
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 63);
  return plain === '' ? 'my-program' : plain;
}
