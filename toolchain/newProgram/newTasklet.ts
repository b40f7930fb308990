import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { decodeText, encodeText } from '../../program/decodeText.ts';
import { MANIFEST_NAME, type Program } from '../../program/loadProgram.ts';
import { NAME_PATTERN } from '../../program/manifestKeys.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readError } from '../../program/readError.ts';
import { writeEditorTypes } from '../compile/editorTypes.ts';
import { fileError } from '../files/fileError.ts';
import { outputFolder } from '../files/outputFolder.ts';
import { writeInProgram } from '../files/writeInProgram.ts';
import { assemblyScriptTemplate } from './assemblyScriptTemplate.ts';
import type { ProgramFiles } from './programFiles.ts';
import { rustTemplate } from './rustTemplate.ts';
import { watTemplate } from './watTemplate.ts';
import { withMember } from './withMember.ts';

export const NEW_TASKLET_KINDS = ['assemblyscript', 'rust', 'wat'] as const;
export type NewTaskletKind = (typeof NEW_TASKLET_KINDS)[number];

export interface NewTasklet {
  /** Absolute path of the source. */
  source: string;
  /** The written files, relative to the program with `/`, sorted. */
  files: string[];
}

const TEMPLATE: Record<NewTaskletKind, (name: string) => ProgramFiles> = {
  assemblyscript: assemblyScriptTemplate,
  rust: rustTemplate,
  wat: watTemplate,
};

/** Where the crate grafos lies in a program, and the workspace that a crate belongs to. */
const VENDORED = 'vendor/grafos';
const WORKSPACE = 'Cargo.toml';

/**
 * Adds a tasklet with its fixtures to a program: its files first, its table at the end of the
 * manifest last. A tasklet in Rust becomes a member of the program's cargo workspace; a program
 * without one gets the workspace and grafos-std too. Nothing is overwritten, and when anything
 * fails, nothing is left.
 *
 * @throws {GrafosError} name_invalid, tasklet_exists, file_exists, workspace_missing, and what the
 *   file system says
 */
export async function newTasklet(program: Program, name: string, kind: NewTaskletKind): Promise<NewTasklet> {
  if (!new RegExp(NAME_PATTERN).test(name)) {
    throw new GrafosError('name_invalid', `"${name}" cannot be the name of a tasklet.`, {
      why: 'A name has 1 to 63 lowercase letters, digits and hyphens, and begins with a letter.',
      next: 'Give another.',
    });
  }
  if (program.manifest.tasklets.some((tasklet) => tasklet.name === name)) {
    throw new GrafosError('tasklet_exists', `${program.manifestPath} has a tasklet "${name}" already.`, {
      next: 'Give another name.',
    });
  }
  const reader = new ProgramReader(program.root);
  const isThere = (path: string) => existsSync(join(program.root, path));
  const own = [...TEMPLATE[kind](name)].filter(
    ([path]) =>
      /^(?:tasklets|fixtures)\//.test(path) ||
      (kind === 'rust' && path.startsWith(`${VENDORED}/`) && !isThere(VENDORED)) ||
      (kind === 'rust' && path === WORKSPACE && !isThere(WORKSPACE)),
  );
  const workspace = kind === 'rust' && isThere(WORKSPACE) ? await joinedWorkspace(reader, name) : undefined;
  const manifest = await read(reader, program.manifestPath, 'manifest');
  const written: string[] = [];
  try {
    for (const [path, content] of own) {
      const file = join(outputFolder(program.root, path), basename(path));
      await writeFile(file, content, { flag: 'wx' });
      written.push(file);
    }
    if (workspace !== undefined) await writeInProgram(program.root, WORKSPACE, workspace.after);
    const source = `tasklets/${name}${{ assemblyscript: '.ts', rust: '', wat: '.wat' }[kind]}`;
    const table = `[[tasklet]]\nname = "${name}"\nsource = "${source}"\nfixtures = "fixtures/${name}"\n`;
    const text = decodeText(manifest) ?? '';
    const changed = `${text.trimEnd()}\n\n${table}`;
    await writeInProgram(program.root, MANIFEST_NAME, encodeText(changed, manifest));
    if (kind === 'assemblyscript') await writeEditorTypes(program.root);
    const opened = kind === 'rust' ? `${source}/src/lib.rs` : source;
    return { source: join(program.root, ...opened.split('/')), files: own.map(([path]) => path).sort() };
  } catch (error) {
    await Promise.all(written.map((file) => rm(file, { force: true })));
    if (workspace !== undefined) await writeInProgram(program.root, WORKSPACE, workspace.before).catch(() => {});
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new GrafosError('file_exists', `${'path' in error ? error.path : 'A file'} is there already.`, {
        why: 'A new tasklet never overwrites anything.',
        next: 'Give another name, or move that file away.',
        cause: error,
      });
    }
    throw fileError(error, 'The tasklet cannot be made');
  }
}

/** The program's workspace without and with the crate of the tasklet. */
async function joinedWorkspace(
  reader: ProgramReader,
  name: string,
): Promise<{ before: Uint8Array; after: Uint8Array }> {
  const file = join(reader.root, WORKSPACE);
  const before = await read(reader, file, 'checkedSource');
  const text = withMember(decodeText(before) ?? '', `tasklets/${name}`);
  if (text === null) {
    throw new GrafosError('workspace_missing', `${file} has no list of workspace members.`, {
      why: `The crate of a new tasklet, tasklets/${name}, has to be a member of the program's workspace.`,
      next: 'Add a table [workspace] with members = [] to it.',
    });
  }
  return { before, after: encodeText(text, before) };
}

async function read(reader: ProgramReader, file: string, kind: 'manifest' | 'checkedSource'): Promise<Buffer> {
  const found = await reader.readSoon(file, kind);
  if (found.state !== 'ok') throw readError(found, file, 'The tasklet cannot be made');
  return found.bytes;
}
