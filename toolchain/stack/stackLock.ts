import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { link, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import { isProcess, processStart } from './processIdentity.ts';

/** How long a second `dev up` or `dev down` waits for the first, milliseconds. */
const WAIT_MS = 30_000;

interface Owner {
  pid: number;
  started: string;
}

/**
 * One `dev up` or `dev down` at a time for each program. The lock names its owner, so that one left by a killed process is taken over.
 * @param onWait told the process that has it, when there is one to wait for
 * @throws GrafosError `stack_busy` when the owner lives and does not finish in time.
 */
export async function lockStack(
  lock: string,
  signal: AbortSignal,
  onWait: (pid: number) => void = () => {},
): Promise<AsyncDisposable> {
  const mine = JSON.stringify({ pid: process.pid, started: (await processStart(process.pid)) ?? '' } satisfies Owner);
  const claim = `${lock}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
  // Written aside and linked into place: nobody can see a lock that does not yet say whose it is.
  await writeFile(claim, mine, { flag: 'wx', mode: 0o600 });
  try {
    for (;;) {
      try {
        await link(claim, lock);
        await removeDeadClaims(lock);
        return { [Symbol.asyncDispose]: () => release(lock, mine) };
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
      }
      const held = await readFile(lock, 'utf8').catch(() => undefined);
      if (held === undefined) continue;
      const owner = parseOwner(held);
      if (owner === undefined || !(await isProcess(owner.pid, owner.started))) {
        await takeAway(lock, held);
        continue;
      }
      const again = nextChange(dirname(lock), deadline);
      // The owner may have left between our look and our watch.
      if ((await readFile(lock, 'utf8').catch(() => undefined)) !== held) {
        again.ignore();
        continue;
      }
      onWait(owner.pid);
      await again.happened;
      signal.throwIfAborted();
      if (deadline.aborted) {
        throw new GrafosError(
          'unreachable',
          'stack_busy',
          `Another grafos (process ${owner.pid}) is starting or stopping this stack.`,
          {
            why: `It has held ${lock} for over ${WAIT_MS / 1000} s.`,
            next: 'Wait for it, or end that process and run the command again.',
          },
        );
      }
    }
  } finally {
    await rm(claim, { force: true });
  }
}

/** What processes left that were killed while they asked for the lock. */
async function removeDeadClaims(lock: string): Promise<void> {
  const dir = dirname(lock);
  const names = (await readdir(dir).catch(() => [])).filter((name) => name.startsWith(`${basename(lock)}.`));
  for (const file of names.map((name) => join(dir, name))) {
    // One that does not say whose it is, is being written.
    const owner = parseOwner(await readFile(file, 'utf8').catch(() => ''));
    if (owner !== undefined && !(await isProcess(owner.pid, owner.started)))
      await rm(file, { force: true }).catch(() => {});
  }
}

function parseOwner(text: string): Owner | undefined {
  try {
    const owner: Partial<Owner> = JSON.parse(text);
    return typeof owner.pid === 'number' && typeof owner.started === 'string'
      ? { pid: owner.pid, started: owner.started }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a dead owner's lock, and gives back the one of a living process that came between our look and our grip. */
async function takeAway(lock: string, dead: string): Promise<void> {
  const aside = `${lock}.dead.${randomBytes(4).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await readFile(aside, 'utf8').catch(() => dead)) !== dead) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}

async function release(lock: string, mine: string): Promise<void> {
  if ((await readFile(lock, 'utf8').catch(() => undefined)) === mine) await rm(lock, { force: true });
}

function nextChange(dir: string, until: AbortSignal): { happened: Promise<void>; ignore(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const watcher = watch(dir, () => resolve());
  watcher.on('error', () => resolve());
  const stop = () => resolve();
  until.addEventListener('abort', stop, { once: true });
  if (until.aborted) resolve();
  const ignore = () => {
    watcher.close();
    until.removeEventListener('abort', stop);
  };
  return { happened: promise.finally(ignore), ignore };
}
