import { spawn } from 'node:child_process';
import { GrafosError } from '../../base/grafosError.ts';
import type { FuelProfile, ProfileJob } from '../../daemons/wire/fuelProfile.ts';
import { daemonEntry, daemonEnvironment } from '../stack/spawnDaemon.ts';

/**
 * Has `fabricbiosd profile` do a run again, with counters, in a process that ends with this one.
 * @throws GrafosError `not_built`, `profile_failed`, `interrupted`
 */
export function countRun(job: ProfileJob, signal: AbortSignal): Promise<FuelProfile> {
  const child = spawn(process.execPath, [daemonEntry('fabricbiosd'), 'profile'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
    env: daemonEnvironment(),
  });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (part: string) => {
      texts[name] += part;
    });
  }
  const abort = () => child.kill('SIGKILL');
  signal.addEventListener('abort', abort, { once: true });
  // One that died says so by its end.
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(job)}\n`);
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      signal.removeEventListener('abort', abort);
      reject(
        signal.aborted
          ? new GrafosError('interrupted', 'The profile was given up.')
          : new GrafosError('profile_failed', 'The run could not be done again with counters.', {
              why,
              next: 'Say GRAFOS_DEBUG=1 for all that is known, and report it with the run.',
            }),
      );
    };
    child.on('error', (error) => fail(error.message));
    child.on('close', (code) => {
      signal.removeEventListener('abort', abort);
      if (code === 0) resolve(JSON.parse(texts.stdout));
      else
        fail(
          texts.stderr
            .trim()
            .split('\n')
            .find((line) => /Error/.test(line)) ?? `it ended with code ${code}`,
        );
    });
  });
}
