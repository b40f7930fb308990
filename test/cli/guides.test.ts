import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import type { DevState } from '../../daemons/wire/devState.ts';
import { RUN_ERROR_CODES } from '../../daemons/wire/runError.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { grafos, grafosJson } from '../helpers/grafosCommand.ts';
import { type GrafosOnPath, grafosOnPath } from '../helpers/grafosOnPath.ts';
import { type PageBlock, pageBlocks } from '../helpers/pageBlocks.ts';
import { cookbookCopy, programOf } from '../helpers/programCopy.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { watProgram } from '../helpers/watTasklets.ts';

/** Ports that the operating system chose, by the ports of a page that they replace. */
async function freePorts(named: string[]): Promise<Record<string, string>> {
  const servers = await Promise.all(
    named.map(async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const chosen = servers.map((server) => String((server.address() as AddressInfo).port));
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return Object.fromEntries(named.map((name, index) => [name, chosen[index] ?? name]));
}

describe('the guides', () => {
  let command: GrafosOnPath;
  before(async function () {
    if (process.platform === 'win32') this.skip();
    command = await grafosOnPath();
  });
  after(async () => await command?.[Symbol.asyncDispose]());

  /** Runs a block as a person would who pastes it; resolves with all that it printed. */
  async function paste({ text, info }: PageBlock, cwd: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
    const child = spawn('bash', ['-euc', text], {
      cwd,
      env: { ...command.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => (printed += part));
    const [code] = await once(child, 'close');
    assert.equal(code, info === 'fails' ? 1 : 0, `${text}\n${printed}`);
    return printed;
  }

  /**
   * Follows a page from its first block, which makes `program`, to its last. Files are written and
   * shell blocks are run; every other block shows what the one before printed.
   *
   * @returns the printed text of each shell block
   */
  async function follow(page: string, program: string): Promise<string[]> {
    const printed: string[] = [];
    try {
      for (const [at, block] of (await pageBlocks(page)).entries()) {
        if (block.language === 'sh') printed.push(await paste(block, at === 0 ? dirname(program) : program));
        else if (block.info !== '') {
          await mkdir(dirname(join(program, block.info)), { recursive: true });
          await writeFile(join(program, block.info), block.text);
        } else {
          // A duration, and the run's id and cell, are others each time.
          for (const line of block.text
            .trimEnd()
            .split('\n')
            .filter((one) => !one.startsWith('succeeded'))
            .map((one) => one.replace(/, [\d.]+ (?:us|ms|s)$/, ',')))
            assert.ok(printed.at(-1)?.includes(line), `${line} in ${printed.at(-1)}`);
        }
      }
    } finally {
      await grafos(['dev', 'down'], { cwd: program });
    }
    return printed;
  }

  it('tutorial.md works from its first block to its last, and prints what it says', async () => {
    await using folder = await temporaryFolder();
    const program = join(folder.path, 'orders');
    const printed = await follow('guide/tutorial.md', program);
    const all = printed.join('\n');
    for (const words of [
      /\[?fuel_exhausted\]?/,
      /8\.5 MiB linear/,
      /out_of_memory/,
      /new +orders\/large/,
      /2 passed|3 passed/,
      /own +total +calls +function/,
      /speedscope/,
    ]) {
      assert.match(all, words);
    }
    assert.match(await readFile(join(program, 'grafos.toml'), 'utf8'), /fuel = [\d_]{9,}/);
    assert.match(await readFile(join(program, 'fixtures/orders/large.expected.json'), 'utf8'), /"Berlin": 133346667/);
  });

  it('testing.md works from its first block to its last, and prints what it says', async () => {
    await using folder = await temporaryFolder();
    const program = join(folder.path, 'hello');
    const printed = await follow('guide/testing.md', program);
    assert.match(printed[2] ?? '', /^new +hello\/ada +fuel 4,452, /m);
    assert.match(await readFile(join(program, 'fixtures/hello/ada.expected.json'), 'utf8'), /"Hello, Ada"/);
    const report = JSON.parse(await readFile(join(program, 'test-report.json'), 'utf8'));
    assert.deepEqual([report.passed, report.failed, report.cases.length], [3, 0, 3]);
    assert.ok(report.cases.every(({ fuel_used }: { fuel_used: number }) => fuel_used > 1_000));
  });

  it('fabric-memory.md reads the counters of its run', async () => {
    await using program = await cookbookCopy('byte-counts', 'byte-counts');
    const [block] = await pageBlocks('guide/fabric-memory.md');
    assert.ok(block);
    const printed = await paste(block, dirname(program.path));
    const { bytes_b64 } = JSON.parse(/\{\n {2}"lease_id"[^}]*\}/.exec(printed)?.[0] ?? '');
    const counters = Buffer.from(bytes_b64, 'base64');
    // Spaces are value 32, at byte 128; the recipe’s input has quotes, value 34.
    assert.deepEqual([counters.length, counters.readUInt32LE(8)], [16, 4]);
  });

  it('ci.md checks a program, and runs it on a cell that variables name', async () => {
    await using program = await programOf(watProgram('hello'));
    const blocks = (await pageBlocks('guide/ci.md')).filter(({ language }) => language === 'sh');
    const [check, deploy] = blocks;
    assert.ok(check && deploy && blocks.length === 2);
    // The package file is installed by installed.test.ts.
    await paste({ ...check, text: check.text.replace(/^npm install .*$/m, '') }, program.path);
    assert.ok(JSON.parse(await readFile(join(program.path, 'test-report.json'), 'utf8')).cases);
    const state = await grafosJson<DevState>(['dev', 'up'], { cwd: program.path });
    const text = deploy.text
      .replace(/^export .*\n/gm, '')
      .replace('--tenant ci', `--tenant ${state.tenant_name}`)
      .replace(/--input \S+/, '--input grafos.toml');
    const env = {
      GRAFOS_SCHEDULER: state.scheduler_url,
      GRAFOS_CA: state.ca_cert,
      GRAFOS_CERT: state.tenant_cert,
      GRAFOS_KEY: state.tenant_key,
    };
    for (const name of Object.keys(env)) assert.ok(deploy.text.includes(name), name);
    await paste({ ...deploy, text }, program.path, env);
    const run: RunResponse = JSON.parse(await readFile(join(program.path, 'run.json'), 'utf8'));
    assert.equal(run.state, 'succeeded');
  });

  it('cells.md runs a cell, and a program on it', async () => {
    await using folder = await temporaryFolder();
    await using program = await programOf(watProgram('hello'));
    const ports = await freePorts(['7440', '7441', '7443']);
    const blocks = (await pageBlocks('guide/cells.md')).map((block) => {
      const text = block.text.replaceAll('$(npm root --global)/grafos', packageRoot);
      return { ...block, text: text.replaceAll(/\b74\d\d\b/g, (port) => ports[port] ?? port) };
    });
    const [use, several, trust, cell, scheduler, admin] = blocks;
    assert.ok(use && several && trust && cell && scheduler && admin && blocks.length === 6);
    const env = { host: '127.0.0.1', keys: folder.path };
    await paste(trust, folder.path, env);
    await mkdir(join(folder.path, 'state'));
    const daemons: ChildProcess[] = [];
    try {
      for (const { text } of [cell, scheduler]) {
        const daemon = spawn('bash', ['-euc', `exec ${text.replace(/^node /, '"$node" ')}`], {
          cwd: folder.path,
          env: { ...command.env, ...env, node: process.execPath },
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        daemons.push(daemon);
        const [line] = await once(daemon.stdout.setEncoding('utf8'), 'data');
        assert.equal(JSON.parse(line).ready, true, line);
      }
      await paste(admin, folder.path, env);
      const printed = await paste(use, program.path, env);
      assert.match(printed, /aws {2}ready {2}aws-eu-1[\s\S]*succeeded .* on aws-eu-1 \(aws\)/);
      // The page's second cell has another name; the one here is named by its id.
      const named = several.text.replace('--cell eu', '--cell aws-eu-1');
      assert.notEqual(named, several.text);
      const listed = await paste({ ...several, text: named }, program.path, env);
      assert.match(
        listed,
        /\* aws-eu-1 .*eu-1[\s\S]*succeeded .* on aws-eu-1 \(aws\)[\s\S]*RUN(?:.*\n.*hello.*succeeded){2}/,
      );
    } finally {
      for (const daemon of daemons.reverse()) {
        if (daemon.exitCode !== null) continue;
        daemon.kill('SIGTERM');
        await once(daemon, 'exit');
      }
    }
  });

  it('troubleshooting.md has every error of a run', async () => {
    const page = await readFile(new URL('../../docs/guide/troubleshooting.md', import.meta.url), 'utf8');
    assert.deepEqual(
      [...page.matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code),
      [...RUN_ERROR_CODES],
    );
  });
});
