import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { DevState } from '../../daemons/wire/devState.ts';
import { parseManifest } from '../../program/manifest.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { programOf } from '../helpers/programCopy.ts';
import { watManifest, watProgram } from '../helpers/watTasklets.ts';

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('[stack] in the manifest', () => {
  it('is what dev up asks for, and an option overrules it', async () => {
    const port = await freePort();
    const stack = `\n[stack]\nmemory = "1MiB"\ntransport = "tcp"\nhelper_port = ${port}\n`;
    await using program = await programOf({
      ...watProgram('hello'),
      'grafos.toml': `${watManifest(['hello'])}${stack}`,
    });
    const cwd = program.path;
    const up = await grafosJson<DevState & { kept: boolean }>(['dev', 'up'], { cwd });
    assert.equal(up.fabric.mem_capacity, 1024 * 1024);
    assert.equal(up.fabric.transport, 'tcp');
    assert.equal(new URL(up.helper.url).port, String(port));
    assert.equal((await grafosJson<{ kept: boolean }>(['dev', 'up', '--mem-capacity', '1MiB'], { cwd })).kept, true);
    const given = await grafosJson<DevState>(['dev', 'up', '--mem-capacity', '2MiB', '--helper-port', '0'], { cwd });
    assert.equal(given.fabric.mem_capacity, 2 * 1024 * 1024);
    assert.notEqual(new URL(given.helper.url).port, String(port));
    const text = await readFile(join(cwd, 'grafos.toml'), 'utf8');
    await writeFile(join(cwd, 'grafos.toml'), text.replace('"1MiB"', '"3MiB"'));
    const changed = await grafosJson<DevState & { kept: boolean }>(['dev', 'up'], { cwd });
    assert.deepEqual([changed.kept, changed.fabric.mem_capacity], [false, 3 * 1024 * 1024]);
  });

  const WRONG: Array<[string, RegExp]> = [
    ['memory = "5GiB"', /memory/],
    ['memory = "1MB"', /1MB/],
    ['transport = "udp"', /"udp" is no transport: write one of "auto", "quic", "tcp"/],
    ['transport = 1', /transport/],
    ['helper_port = 70000', /helper_port/],
    ['port = 1', /\[stack\] has no "port"/],
    ['fabric_port = 5555\nmem_port = 5555', /^mem_port is 5555, and so is fabric_port in line \d+\./],
    ['name = "x"', /\[stack\] has no "name"/],
  ];
  for (const [line, message] of WRONG) {
    it(`${line} is a problem of the manifest, and nothing starts`, async () => {
      const { manifest, problems } = parseManifest(`${watManifest(['hello'])}\n[stack]\n${line}\n`);
      assert.equal(manifest, null);
      assert.match(problems.map((one) => one.message).join('\n'), message);
    });
  }

  it('one port twice is found by validate, and dev up names the key that an option collides with', async () => {
    const port = await freePort();
    const manifest = (stack: string) => ({
      ...watProgram('hello'),
      'grafos.toml': `${watManifest(['hello'])}${stack}`,
    });
    await using twice = await programOf(manifest(`\n[stack]\nfabric_port = ${port}\nhelper_port = ${port}\n`));
    const line = `${watManifest(['hello'])}\n[stack]\n`.split('\n').length;
    const both = `helper_port is ${port}, and so is fabric_port in line ${line}.`;
    const found = await grafos(['validate'], { cwd: twice.path });
    assert.equal(found.code, 1, found.stderr);
    assert.ok(`${found.stdout}${found.stderr}`.includes(both), found.stdout);
    const refused = await grafos(['dev', 'up'], { cwd: twice.path });
    assert.equal(refused.code, 2);
    assert.ok(refused.stderr.includes(`grafos.toml:${line + 1}:`) && refused.stderr.includes(both), refused.stderr);

    await using once = await programOf(manifest(`\n[stack]\nmem_port = ${port}\nhelper_port = 0\n`));
    const cwd = once.path;
    const mixed = await grafos(['dev', 'up', '--fabric-port', `${port}`], { cwd });
    const text = `--fabric-port and mem_port under [stack] in grafos.toml are both ${port}.`;
    assert.ok(mixed.stderr.includes(text), mixed.stderr);
    const flags = await grafos(['dev', 'up', '--fabric-port', `${port}`, '--mem-port', `${port}`], { cwd });
    assert.ok(flags.stderr.includes(`--fabric-port and --mem-port are both ${port}.`), flags.stderr);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    try {
      const inUse = await grafos(['dev', 'up'], { cwd });
      assert.ok(
        inUse.stderr.includes(`Port ${port} of mem_port under [stack] in grafos.toml is in use.`),
        inUse.stderr,
      );
    } finally {
      server.close();
    }
  });

  it('in another form, and of a wrong value at dev up', async () => {
    for (const text of ['stack = 1\n', '[[stack]]\nmemory = 1\n']) {
      const { problems } = parseManifest(`${text}${watManifest(['hello'])}`);
      assert.match(problems.map(({ message }) => message).join('\n'), /"stack" is a table/, text);
    }
    assert.equal(parseManifest(watManifest(['hello'])).manifest?.stack, undefined);
    await using program = await programOf({ 'grafos.toml': `${watManifest(['hello'])}\n[stack]\nmemory = "5GiB"\n` });
    const refused = await grafos(['dev', 'up'], { cwd: program.path });
    assert.equal(refused.code, 2, refused.stderr);
  });
});
