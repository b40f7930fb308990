import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { isProcess, processStart } from '../../../../base/processIdentity.ts';
import type { DevState } from '../../../../daemons/wire/devState.ts';
import { devDown, endStack } from '../../../../toolchain/stack/devDown.ts';
import { makeProgramState } from '../../../../toolchain/stack/programState.ts';
import { stackPaths } from '../../../../toolchain/stack/stackPaths.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

const never = new AbortController().signal;

/** A process that does nothing until it is ended. */
async function idler() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const ended = once(child, 'exit');
  return { pid: child.pid ?? 0, started: (await processStart(child.pid ?? 0)) ?? '', ended };
}

describe('the end of a stack', () => {
  let program: ScratchProgram;
  beforeEach(async () => {
    program = await scratchProgram('demo.wat', {});
  });
  afterEach(() => program[Symbol.asyncDispose]());

  it('is none where none is, and makes no state folder', async () => {
    const { daemons, ended, warning } = await devDown(program.root, never);
    assert.deepEqual([daemons, ended, warning], [{}, null, null]);
    assert.ok(!(await readdir(program.root)).includes('.grafos'));
  });

  it('believes nothing of a damaged dev.json, removes it with its halves and keys, and leaves the rest', async () => {
    const folder = await makeProgramState(program.root, 'dev');
    const { state, dir } = stackPaths(program.root);
    await writeFile(state, '{"version":1');
    folder.writeNew('.dev.json.1.ab', 'half');
    folder.make('trust').writeNew('ca.pem', 'key');
    folder.make('logs').writeNew('scheduler.log', 'kept');
    const { daemons, warning } = await devDown(program.root, never);
    assert.deepEqual(daemons, {});
    assert.match(warning ?? '', /dev\.json is damaged/);
    assert.deepEqual(await readdir(dir), ['logs']);
    assert.equal(await readFile(`${dir}/logs/scheduler.log`, 'utf8'), 'kept');
  });

  it('ends each daemon that is still the process of its start, and no other', async () => {
    await makeProgramState(program.root, 'dev');
    const [mine, reused] = [await idler(), await idler()];
    try {
      const daemons = {
        fabricbiosd: mine,
        scheduler: { ...reused, started: 'another start' },
        helper: { pid: 2 ** 22 + 1, started: 'never' },
      };
      const ended = await endStack(stackPaths(program.root), { daemons } as unknown as DevState);
      assert.deepEqual(ended, { fabricbiosd: 'stopped', scheduler: 'absent', helper: 'absent' });
      assert.deepEqual(
        [await isProcess(mine.pid, mine.started), await isProcess(reused.pid, reused.started)],
        [false, true],
      );
    } finally {
      for (const { pid, started } of [mine, reused]) if (await isProcess(pid, started)) process.kill(pid, 'SIGKILL');
      await Promise.all([mine.ended, reused.ended]);
    }
  });
});
