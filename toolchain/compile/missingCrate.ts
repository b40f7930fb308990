import { dirname, join, relative } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { decodeText } from '../../program/decodeText.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { readToml, type TomlTable } from '../../program/tomlDocument.ts';

/** The messages of cargo on stderr where a crate is not on this machine. */
const IS_MISSING = /--offline|offline mode|can't update a git repository|no matching package named/;

/**
 * Makes the error for a crate that cargo did not find without the network; undefined where its
 * stderr is of something else.
 *
 * @param root absolute path of the program's folder
 * @param crate absolute path of the crate's folder
 */
export function missingCrate(root: string, crate: string, cargo: string, stderr: string): GrafosError | undefined {
  if (!IS_MISSING.test(stderr)) return undefined;
  const words = stderr
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('As a reminder'))
    .join('\n')
    .replace(/^error: /, '');
  const source = replacedSource(root, crate);
  return new GrafosError('rust_dependency_missing', 'A crate that the tasklet depends on is not on this machine.', {
    why: `Builds never use the network. ${cargo} says: ${words}`,
    next:
      source === null
        ? `Run \`${cargo} fetch\` in ${crate} once, then build again. docs/guide/sdk.md, "Crates without a network", has other ways.`
        : `${source.file} takes all crates from ${source.folder}: put the crate there, with \`cargo vendor\` or a package of the system (docs/guide/sdk.md, "Crates without a network"), then build again.`,
  });
}

/**
 * Finds the folder that takes the place of crates.io in the program's settings of cargo, nearest
 * first.
 */
function replacedSource(root: string, crate: string): { file: string; folder: string } | null {
  const reader = new ProgramReader(root);
  for (let folder = crate; folder === root || dirname(folder).startsWith(root); folder = dirname(folder)) {
    for (const name of ['config.toml', 'config']) {
      const path = join(folder, '.cargo', name);
      const read = reader.read(path, 'checkedSource');
      if (read.state !== 'ok') continue;
      const sources = tableAt(readToml(decodeText(read.bytes) ?? '').root, 'source');
      const place = textAt(tableAt(sources, textAt(tableAt(sources, 'crates-io'), 'replace-with') ?? ''), 'directory');
      if (place !== null) return { file: relative(root, path), folder: place };
    }
  }
  return null;
}

function tableAt(table: TomlTable | null, key: string): TomlTable | null {
  const value = table?.entries.find((entry) => entry.key === key)?.value;
  return value?.type === 'table' ? value : null;
}

function textAt(table: TomlTable | null, key: string): string | null {
  const value = table?.entries.find((entry) => entry.key === key)?.value;
  return value?.type === 'string' ? value.value : null;
}
