import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runScript, type ScriptResult } from './runScript.ts';
import { readWast } from './wastScript.ts';

/** The scripts lie beside the repository. */
export const SCRIPTS_FOLDER = join(import.meta.dirname, '../../../shared/conformance/wasm');

/** Why the scripts cannot be run here, in words; undefined when they can. */
export function missingForConformance(): string | undefined {
  if (!existsSync(SCRIPTS_FOLDER)) return `the folder of conformance scripts is not there: ${SCRIPTS_FOLDER}`;
  const found = (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, 'wast2json')));
  return found ? undefined : 'wast2json of wabt is not installed (Debian package wabt)';
}

export function runConformance(onScript: (result: ScriptResult) => void = () => {}): ScriptResult[] {
  const folder = mkdtempSync(join(tmpdir(), 'grafos-conformance-'));
  try {
    return readdirSync(SCRIPTS_FOLDER)
      .filter((name) => name.endsWith('.wast'))
      .sort()
      .map((name) => {
        const result = runScript(readWast(join(SCRIPTS_FOLDER, name), folder), folder);
        onScript(result);
        return result;
      });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
