import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { decodeText, encodeText } from '../../program/decodeText.ts';
import { MANIFEST_NAME, type Program } from '../../program/loadProgram.ts';
import { NAME_PATTERN } from '../../program/manifestKeys.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { writeEditorTypes } from '../build/editorTypes.ts';
import { fileError } from '../files/fileError.ts';
import { outputFolder } from '../files/outputFolder.ts';
import { writeInProgram } from '../files/writeInProgram.ts';
import { assemblyScriptTemplate } from './assemblyScriptTemplate.ts';
import { watTemplate } from './watTemplate.ts';

/**
 * Kinds whose tasklets are one file; a Rust tasklet is a crate, which `grafos new` lays out with
 * its workspace.
 */
export const NEW_TASKLET_KINDS = ['assemblyscript', 'wat'] as const;
export type NewTaskletKind = (typeof NEW_TASKLET_KINDS)[number];

export interface NewTasklet {
  /** Absolute path of the source. */
  source: string;
  /** The written files, relative to the program with `/`, sorted. */
  files: string[];
}

/**
 * Adds a tasklet with its fixtures to a program: its files first, its table at the end of the
 * manifest last. Nothing is overwritten, and after an error nothing is left.
 *
 * @throws {GrafosError} name_invalid, tasklet_exists, file_exists, and the errors of the file
 *   system
 */
export async function newTasklet(program: Program, name: string, kind: NewTaskletKind): Promise<NewTasklet> {
  if (!new RegExp(NAME_PATTERN).test(name)) {
    throw new GrafosError('usage', 'name_invalid', `"${name}" cannot be the name of a tasklet.`, {
      why: 'A name has 1 to 63 lowercase letters, digits and hyphens, and begins with a letter.',
      next: 'Give another.',
    });
  }
  if (program.manifest.tasklets.some((tasklet) => tasklet.name === name)) {
    throw new GrafosError('usage', 'tasklet_exists', `${program.manifestPath} has a tasklet "${name}" already.`, {
      next: 'Give another name.',
    });
  }
  const template = kind === 'wat' ? watTemplate(name) : assemblyScriptTemplate(name);
  const own = [...template].filter(([path]) => path.startsWith('tasklets/') || path.startsWith('fixtures/'));
  const written: string[] = [];
  try {
    for (const [path, content] of own) {
      const file = join(outputFolder(program.root, path), basename(path));
      await writeFile(file, content, { flag: 'wx' });
      written.push(file);
    }
    const source = `tasklets/${name}.${kind === 'wat' ? 'wat' : 'ts'}`;
    const manifest = await new ProgramReader(program.root).readSoon(program.manifestPath, 'manifest');
    if (manifest.state !== 'ok') throw readError(manifest, program.manifestPath, 'The manifest cannot be read');
    const table = `[[tasklet]]\nname = "${name}"\nsource = "${source}"\nfixtures = "fixtures/${name}"\n`;
    const text = decodeText(manifest.bytes) ?? '';
    await writeInProgram(program.root, MANIFEST_NAME, encodeText(`${text.trimEnd()}\n\n${table}`, manifest.bytes));
    if (kind === 'assemblyscript') await writeEditorTypes(program.root);
    return { source: join(program.root, ...source.split('/')), files: own.map(([path]) => path).sort() };
  } catch (error) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new GrafosError('usage', 'file_exists', `${'path' in error ? error.path : 'A file'} is there already.`, {
        why: 'A new tasklet never overwrites anything.',
        next: 'Give another name, or move that file away.',
        cause: error,
      });
    }
    throw fileError(error, 'The tasklet cannot be made');
  }
}
