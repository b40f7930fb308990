import { dirname, join } from 'node:path';
import { decodeText } from '../../program/decodeText.ts';
import type { ProgramReader } from '../../program/programReader.ts';
import { readToml, type TomlTable } from '../../program/tomlDocument.ts';

/**
 * Cargo's own values of the release profile (The Cargo Book, "Profiles"), as TOML. That of `strip`
 * is not here, because it depends on `debug`.
 */
const DEFAULTS: Readonly<Record<string, string>> = {
  'opt-level': '3',
  debug: '0',
  'debug-assertions': 'false',
  'overflow-checks': 'false',
  lto: 'false',
  panic: '"unwind"',
  'codegen-units': '16',
  rpath: 'false',
};

/**
 * Gives the arguments that make cargo build with the release profile of the program's own
 * manifests. Without them, a `.cargo/config.toml` in a folder above or in the user's home would
 * change the module.
 *
 * @param crate absolute path of the crate's folder
 */
export async function releaseProfile(reader: ProgramReader, crate: string): Promise<string[]> {
  const own = await ownProfile(reader, crate);
  const settings: Record<string, string> = { ...DEFAULTS };
  for (const { key, value } of own?.entries ?? []) {
    if (key !== 'strip' && !(key in DEFAULTS)) continue;
    if (value.type === 'string') settings[key] = JSON.stringify(value.value);
    else if (value.type === 'integer' || value.type === 'boolean') settings[key] = String(value.value);
  }
  // Cargo strips debug information of the standard library where the crate asks for none itself.
  const isBare = ['0', 'false', '"none"'].includes(settings.debug ?? '');
  settings.strip ??= isBare ? '"debuginfo"' : '"none"';
  return Object.entries(settings).flatMap(([key, value]) => ['--config', `profile.release.${key}=${value}`]);
}

/**
 * Reads the release profile from the manifest of the crate's workspace, or from the crate's own.
 */
async function ownProfile(reader: ProgramReader, crate: string): Promise<TomlTable | null> {
  let first: TomlTable | null = null;
  for (
    let folder = crate;
    folder === reader.root || dirname(folder).startsWith(reader.root);
    folder = dirname(folder)
  ) {
    const read = await reader.readSoon(join(folder, 'Cargo.toml'), 'checkedSource');
    if (read.state !== 'ok') continue;
    const { root } = readToml(decodeText(read.bytes) ?? '');
    if (tableAt(root, 'workspace') !== null) return profileOf(root);
    if (folder === crate) first = profileOf(root);
  }
  return first;
}

function profileOf(manifest: TomlTable): TomlTable | null {
  const profiles = tableAt(manifest, 'profile');
  return profiles === null ? null : tableAt(profiles, 'release');
}

function tableAt(table: TomlTable, key: string): TomlTable | null {
  const value = table.entries.find((entry) => entry.key === key)?.value;
  return value?.type === 'table' ? value : null;
}
