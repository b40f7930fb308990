import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault, RecordedCall } from '../fakeCloud/faults.ts';
import type { CloudSetup } from './cloudSetup.ts';
import type { Ended } from './grafosCommand.ts';
import { isRead, kindsOf } from './madeUntilKey.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/** More runs than any command has places to be cut at. */
const RUNS_MAX = 200;

export interface CutInTurn {
  /** The calls that a run was killed at, such as `kill-after ec2 RunInstances with 3 resources`. */
  calls: string[];
  /** The writes that a run was killed at, such as `write aws-edge.json at make, before`. */
  writes: string[];
  /** The run that no place was left for. */
  last: Ended;
}

/**
 * Runs a command again and again. Each run is killed at the first place where none was killed
 * before: a call to the cloud, before its effect and after it, or a write to the disk, before it
 * and after it. A call at another state of the account is another place.
 *
 * @param ending the call at which a run counts as the last one; its own end unless given
 */
export async function cutInTurn(
  setup: CloudSetup,
  provider: 'aws' | 'gcp',
  args: string[],
  ending?: RegExp,
): Promise<CutInTurn> {
  await using folder = await temporaryFolder('grafos-cuts-');
  const written = join(folder.path, 'writes');
  await writeFile(written, '');
  const called = new Set<string>();
  for (let runs = 0; runs < RUNS_MAX; runs += 1) {
    let isLast = false;
    setup.cloud.faultAt = (call) => {
      isLast ||= ending?.test(call.name) === true;
      return isLast && ending !== undefined ? 'kill-before' : cutAt(call, kindsOf(setup, provider).length, called);
    };
    const ended = await setup.run(args, { env: { GRAFOS_CUT_WRITE: written } });
    setup.cloud.faultAt = () => undefined;
    if (isLast || ended.signal !== 'SIGKILL') {
      await setup.cloud.aws.stacks.settled();
      const writes = (await readFile(written, 'utf8')).split('\n').filter((line) => line !== '');
      return { calls: [...called], writes, last: ended };
    }
  }
  assert.fail(`more than ${RUNS_MAX} places: ${[...called].join(', ')}`);
}

/** The next fault of a call. What only reads has the same account before it and after it. */
function cutAt(call: RecordedCall, resources: number, called: Set<string>): Fault | undefined {
  const name = `${call.name.replace(/operation-[0-9a-f-]+/, 'operation')} with ${resources} resources`;
  const sides = isRead(call) ? (['kill-before'] as const) : (['kill-before', 'kill-after'] as const);
  const side = sides.find((one) => !called.has(`${one} ${name}`));
  if (side !== undefined) called.add(`${side} ${name}`);
  return side;
}
