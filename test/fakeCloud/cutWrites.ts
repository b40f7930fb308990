/**
 * Loaded before the command by tests (`node --import`): it kills the command at a write to its
 * notes, its list of cells or its keys, before or after the new text has its place on the disk.
 *
 * `GRAFOS_CUT_WRITE` names the cut, such as `3 before` for the third write or removal of notes. Or
 * it is the file that lists all cuts that were done: then the first other one is done.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

const KEPT = /\/(?:\.grafos\/cloud|cell-keys|confirmed)\/(?!.*\.lock)/;
const cut = process.env.GRAFOS_CUT_WRITE;
const [wanted, side] = /^(\d+) (before|after)$/.exec(cut ?? '')?.slice(1) ?? [];
let writes = 0;

if (cut !== undefined) {
  const { rename } = fs.promises;
  fs.promises.rename = async (from, to) => {
    const what = KEPT.test(String(to)) ? `write ${basename(String(to))}${stepIn(String(from))}` : undefined;
    if (what !== undefined) reach(what, 'before');
    await rename(from, to);
    if (what !== undefined) reach(what, 'after');
  };
  const { rmSync } = fs;
  fs.rmSync = (path, options) => {
    const isKept = KEPT.test(String(path)) && fs.existsSync(path);
    if (isKept) reach(`remove ${basename(String(path))}`, 'before');
    rmSync(path, options);
    if (isKept) reach(`remove ${basename(String(path))}`, 'after');
  };
  syncBuiltinESMExports();
}

/** Ends the command here where this is the place of the cut. */
function reach(what: string, when: 'before' | 'after'): void {
  if (wanted !== undefined) {
    if (!/ (?:aws|gcp)-(?!cells\.)/.test(what)) return;
    if (when === 'before') writes += 1;
    if (writes !== Number(wanted) || when !== side) return;
  } else {
    const line = `${what}, ${when}`;
    const done = fs.readFileSync(cut as string, 'utf8').split('\n');
    if (done.includes(line)) return;
    fs.appendFileSync(cut as string, `${line}\n`);
  }
  process.kill(process.pid, 'SIGKILL');
}

/** The step that notes name, so that no two writes of them are one. */
function stepIn(file: string): string {
  const [, step] = /"step": "([a-z]+)"/.exec(fs.readFileSync(file, 'utf8')) ?? [];
  return step === undefined ? '' : ` at ${step}`;
}
