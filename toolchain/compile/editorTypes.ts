import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ProgramReader } from '../../program/programReader.ts';
import { makeProgramState } from '../stack/programState.ts';
import { assemblyScriptVersion } from './assemblyScriptVersion.ts';
import { standardLibrary, standardLibraryDigest } from './standardLibrary.ts';

const require = createRequire(import.meta.url);

/**
 * TypeScript looks for the methods of a number in the interface of this name; AssemblyScript's
 * declarations have an alias in its place.
 */
const NUMBER_ALIAS = 'declare type Number = _Float;';
const NUMBER = 'interface Number {\n  toString(radix?: i32): string;\n}';

/**
 * Writes the types with which an editor's TypeScript service understands a tasklet:
 * AssemblyScript's globals and the sources of grafos-std.
 *
 * They are in `.grafos/types`, where the `tsconfig.json` of the template looks for them. They are
 * written once for each version of either; the folder is swapped in whole.
 */
export async function writeEditorTypes(programRoot: string): Promise<void> {
  const state = await makeProgramState(programRoot);
  const version = `assemblyscript@${assemblyScriptVersion()} grafos-std@${standardLibraryDigest()}\n`;
  if (state.find('types')?.readText('version') === version) return;
  const name = `types.${process.pid}.${randomBytes(4).toString('hex')}`;
  try {
    const fresh = state.make(name);
    const standard = fresh.make('grafos-std');
    const globals = readFileSync(require.resolve('assemblyscript/std/assembly/index.d.ts'), 'utf8');
    fresh.writeNew('assemblyscript.d.ts', globals.replace(NUMBER_ALIAS, NUMBER));
    for (const [file, text] of standardLibrary()) {
      // grafos-std uses parts of the language that TypeScript does not have; its declarations are
      // good all the same.
      standard.writeNew(`${file}.ts`, `// @ts-nocheck\n${text}`);
    }
    fresh.writeNew('version', version);
    state.remove('types');
    state.rename(name, 'types');
  } catch (error) {
    state.remove(name);
    // Another build swapped its own in between; they are the same.
    const errno = error instanceof Error && 'code' in error ? error.code : '';
    if (errno !== 'ENOTEMPTY' && errno !== 'EEXIST') throw error;
  }
}

/**
 * Writes them for a program whose `tsconfig.json` looks for them: a fresh clone has none, and the
 * editor would mark every import.
 */
export async function writeEditorTypesIfUsed(programRoot: string): Promise<void> {
  const config = await new ProgramReader(programRoot).readSoon(join(programRoot, 'tsconfig.json'), 'tsconfig');
  if (config.state === 'ok' && config.bytes.includes('.grafos/types')) await writeEditorTypes(programRoot);
}
