import { X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { CELL_DEATHS_FILE } from '../../daemons/protocol/cellProcess.ts';
import { DAEMON_NAMES, type DevState, type StackRequest } from '../../daemons/protocol/devState.ts';
import { packageRoot } from '../../daemons/protocol/packageRoot.ts';
import { packageVersion } from '../../daemons/protocol/packageVersion.ts';
import { StateFolder } from '../../daemons/protocol/stateFolder.ts';
import { devStatus } from './devStatus.ts';
import { daemonEntry } from './spawnDaemon.ts';
import type { StackPaths } from './stackPaths.ts';

/** Certificates that expire sooner are made anew, milliseconds. */
const VALID_MS = 24 * 60 * 60 * 1_000;

/**
 * Says whether a start would give the stack that runs once more: the same request to the same grafos,
 * all of it healthy, its certificates good for a day, and no module set aside.
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

/** An installation of the same version over this one is another grafos all the same. */
function isBuiltBefore(startedAt: string): boolean {
  return DAEMON_NAMES.every((name) => statSync(daemonEntry(name)).mtimeMs < Date.parse(startedAt));
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
