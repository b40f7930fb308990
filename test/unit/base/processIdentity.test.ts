import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isProcess, processStart } from '../../../base/processIdentity.ts';
import { endProcess } from '../../../toolchain/stack/endProcess.ts';

async function sleeper(script = 'setInterval(() => {}, 1e9)') {
  // It says so last: whoever asked waits until it no longer listens, say.
  const child = spawn(process.execPath, ['-e', `${script};process.stdout.write('up')`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  return { child, pid: child.pid ?? 0, started: (await processStart(child.pid ?? 0)) ?? '' };
}

describe('process identity', () => {
  it('tells a living process from a dead one and from another start', async () => {
    const { child, pid, started } = await sleeper();
    assert.notEqual(started, '');
    assert.equal(await isProcess(pid, started), true);
    assert.equal(await isProcess(pid, `${started}1`), false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await isProcess(pid, started), false);
    for (const nobody of [0, -1, 1.5, 2 ** 30]) assert.equal(await processStart(nobody), undefined);
  });

  it('counts a zombie as dead', async function () {
    if (process.platform !== 'linux') this.skip();
    // A parent that never waits: its ended child stays a zombie for as long as it lives. A shell
    // does wait, so the child ends after it.
    const child = '(until grep -q sleep /proc/$$/comm; do :; done)';
    const parent = spawn('/bin/sh', ['-c', `${child} & echo $!; exec sleep 1000`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line.toString().trim());
    try {
      while ((await processStart(pid)) !== undefined) await new Promise((resolve) => setImmediate(resolve));
      assert.doesNotThrow(() => process.kill(pid, 0), 'the pid still answers to signal 0');
    } finally {
      parent.kill('SIGKILL');
    }
  });

  it('ends a process politely, by force when it does not listen, and never a stranger', async () => {
    const polite = await sleeper();
    const gone = once(polite.child, 'exit');
    assert.equal(await endProcess({ pid: polite.pid, started: 'another start' }), 'absent');
    assert.equal(await isProcess(polite.pid, polite.started), true);
    assert.equal(await endProcess(polite), 'stopped');
    await gone;
    const deaf = await sleeper("process.on('SIGTERM', () => {});setInterval(() => {}, 1e9)");
    assert.equal(await endProcess(deaf), process.platform === 'win32' ? 'stopped' : 'killed');
    assert.equal(await endProcess(deaf), 'absent');
  });
});
