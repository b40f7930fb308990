import { lstatSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { STATE_NAME, StateFolder } from '../../base/files/stateFolder.ts';
import { giveStateNotice } from './stateNotices.ts';
import type { StateOwner } from './stateOwner.ts';

/**
 * Renames a `.grafos` that this user did not make on this machine, and says so. It keeps all that
 * is in it; nothing in it is followed.
 */
export function setStateAside(programRoot: string, foreign: StateOwner & { kind: 'foreign' }): void {
  const path = join(programRoot, STATE_NAME);
  const name = asideName(programRoot, 'foreign');
  const now = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  // Another process set it aside and made its own meanwhile.
  if (now?.ino !== foreign.stats.ino || now.dev !== foreign.stats.dev) return;
  renameSync(path, join(programRoot, name));
  if (now.isDirectory()) quiet(programRoot, name);
  giveStateNotice(
    'warning',
    `${path} was not made by this user on this machine, so it was set aside as ${name}, and a new one was made.\n` +
      `  why:  ${foreign.why} A clone or a copy brings such a folder; your own looks the same after a ` +
      `change of the home folder (a new container) or of a grafos that kept no records.\n` +
      `  next: Delete it, or, when it is your own, bring it back: grafos dev restore ${name}\n` +
      '        In a container, set XDG_STATE_HOME to a folder that lasts.',
  );
}

/** A free name beside `.grafos`, by the time. */
export function asideName(programRoot: string, kind: 'foreign' | 'replaced'): string {
  for (let at = Date.now(); ; at += 1) {
    const name = `${STATE_NAME}.${kind}-${new Date(at).toISOString().replace(/[-:.]/g, '')}`;
    if (lstatSync(join(programRoot, name), { throwIfNoEntry: false }) === undefined) return name;
  }
}

/** Keeps it out of the repository, and lets daemons that run from it see their `dev.json` go. */
function quiet(programRoot: string, name: string): void {
  try {
    const folder = StateFolder.find(programRoot, name);
    folder?.writeNew('.gitignore', '*\n');
    const dev = folder?.find('dev');
    if (dev?.names().includes('dev.json') === true) dev.rename('dev.json', 'dev.json.aside');
  } catch {
    // A folder that is not safe to write is left as it is.
  }
}
