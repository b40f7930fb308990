import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { packageVersion } from '../../base/packageVersion.ts';
import { CELL_DEATHS_FILE } from '../../daemons/wire/cellProcess.ts';
import { DAEMON_NAMES, type DevState, type StackRequest } from '../../daemons/wire/devState.ts';
import { devStatus } from './devStatus.ts';
import { daemonEntry } from './spawnDaemon.ts';
import type { StackPaths } from './stackPaths.ts';

/** Certificates that expire sooner are made anew, milliseconds. */
const VALID_MS = 24 * 60 * 60 * 1_000;

/**
 * Says whether a start would make the same stack again. The stack that runs is then healthy, came
 * from the same request and the same grafos, has certificates good for a day, and sets no module
 * aside.
 */
export async function isUnchanged(
  paths: StackPaths,
  running: DevState,
  request: StackRequest,
  signal: AbortSignal,
): Promise<boolean> {
  return (
    isDeepStrictEqual(running.options, request) &&
    running.grafos?.path === packageRoot &&
    running.grafos.version === packageVersion() &&
    isBuiltBefore(running.started_at) &&
    isValidFor(running.tenant_cert) &&
    !hasSuspects(paths) &&
    (await devStatus(paths.root, signal)).state === 'running'
  );
}

/**
 * Says that grafos was not installed again since: one of the same version is another grafos too.
 */
function isBuiltBefore(startedAt: string): boolean {
  return DAEMON_NAMES.every((name) => {
    const entry = statSync(daemonEntry(name), { throwIfNoEntry: false });
    return entry !== undefined && entry.mtimeMs < Date.parse(startedAt);
  });
}

function isValidFor(certificate: string): boolean {
  try {
    return new X509Certificate(readFileSync(certificate)).validToDate.getTime() > Date.now() + VALID_MS;
  } catch {
    return false;
  }
}

function hasSuspects({ dir }: StackPaths): boolean {
  try {
    const text = StateFolder.findAt(dir)?.readText(CELL_DEATHS_FILE);
    return text !== undefined && JSON.parse(text).suspects.length > 0;
  } catch {
    return true;
  }
}
