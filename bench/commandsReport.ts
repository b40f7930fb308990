import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../base/packageRoot.ts';
import { watManifest, watProgram } from '../test/helpers/watTasklets.ts';
import { cloudCommands } from './cloudCommands.ts';
import { type CommandTime, commandPairs } from './commandPairs.ts';
import type { Report } from './report.ts';

const run = promisify(execFile);
const GRAFOS = join(packageRoot, 'bin', 'grafos.cjs');
const LARGE_BYTES = 16_000_000;
const MANY = 200;

/**
 * Sends a file over one TLS connection, as little as that takes. Another path than `/` brings it
 * back, to another file.
 */
const COPY = `const [, , port, path, file] = process.argv;
const { createWriteStream, readFileSync } = require('node:fs');
const body = readFileSync(file);
const options = { port, path, host: '127.0.0.1', method: 'POST', rejectUnauthorized: false };
const keep = (answer) => (path === '/' ? answer.resume() : answer.pipe(createWriteStream('copied.bin')));
require('node:https').request(options, keep).end(body);`;

/** The parts of the built command that hold the libraries of the clouds. */
const CLOUD_PARTS = ['awsClients.cjs', 'googleCredentials.cjs'];
/** The measured commands that ask a cloud, each with the part that it needs. */
const ASKS_CLOUD = { 'grafos cloud list aws': 'awsClients.cjs', 'grafos cloud provision aws --plan': 'awsClients.cjs' };

/**
 * Prints builds of what did not change and commands for cells beside bare Node, and a large input,
 * alone and with an output of its size, beside a plain copy.
 *
 * @throws {Error} when a command loads a library of a cloud that it does not need, or not the one
 *   that it needs
 */
export async function commandsReport(report: Report, rounds: number): Promise<void> {
  const ms = (value: number) => `${Math.round(value)} ms`;
  const ratio = (one: CommandTime, other: CommandTime) =>
    `${(one.wall / other.wall).toFixed(2)} of the time, ${(one.processor / other.processor).toFixed(2)} of the processor`;
  const builds = await unchangedBuilds(rounds);
  const cells = await inFolder((folder) => cloudCommands(folder, rounds));
  const moved = await largeRuns(rounds);
  const commands: Record<string, CommandTime> = {
    'bare node': builds.bare,
    'one unchanged tasklet': builds.one,
    '200 unchanged tasklets': builds.many,
    'bare node, beside these': cells.bare,
    'grafos cell status': cells.status,
    'grafos cloud list aws': cells.list,
    'grafos cloud provision aws --plan': cells.plan,
    'grafos deploy run, 16 MB in': moved.into,
    'a copy of them over TLS': moved.intoCopy,
    'grafos deploy run, 16 MB in and out': moved.back,
    'a copy there and back': moved.backCopy,
  };
  report.table([
    ['', 'time', 'processor', 'a library of a cloud'],
    ...Object.entries(commands).map(([name, time]) => [
      name,
      ms(time.wall),
      ms(time.processor),
      libraryOf(name, time) ?? 'none',
    ]),
  ]);
  report.print(`\none unchanged tasklet / bare node: ${ratio(builds.one, builds.bare)} (aim: at most 2.5)`);
  for (const [name, time] of [
    ['cell status', cells.status],
    ['cloud list aws', cells.list],
    ['cloud provision aws --plan', cells.plan],
  ] as const)
    report.print(`${name} / bare node: ${ratio(time, cells.bare)}`);
  report.print('Only the two commands that ask a cloud loaded its libraries; the cloud is a fake on this machine.');
  const { into, intoCopy, back, backCopy } = moved;
  report.print(`deploy run with 16 MB in / a copy over TLS: ${ratio(into, intoCopy)} (aim: at most 3)`);
  report.print(`deploy run with 16 MB in and out / a copy there and back: ${ratio(back, backCopy)} (aim: at most 3)`);
}

/**
 * The part with the library of a cloud that a command loaded.
 *
 * @returns undefined where it loaded none, as it should
 */
function libraryOf(name: string, { files }: CommandTime): string | undefined {
  const loaded = CLOUD_PARTS.filter((part) => files.some((file) => basename(file) === part));
  const wanted = Object.entries(ASKS_CLOUD).flatMap(([of, part]) => (of === name ? [part] : []));
  if (loaded.join() !== wanted.join())
    throw new Error(
      `${name} loaded ${loaded.join() || 'none'} of the clouds' libraries, not ${wanted.join() || 'none'}`,
    );
  return loaded[0];
}

async function unchangedBuilds(rounds: number): Promise<Record<'bare' | 'one' | 'many', CommandTime>> {
  return inFolder(async (folder) => {
    const [one, many] = [join(folder, 'one'), join(folder, 'many')];
    await writeProgram(one, watProgram('hello'));
    const names = Array.from({ length: MANY }, (_, index) => `t${index}`);
    const source = watProgram('hello')['tasklets/hello.wat'] ?? '';
    await writeProgram(many, {
      'grafos.toml': watManifest(names, ''),
      ...Object.fromEntries(names.map((name) => [`tasklets/${name}.wat`, source])),
    });
    for (const cwd of [one, many]) await run(process.execPath, [GRAFOS, 'tasklet', 'build'], { cwd });
    const build = [GRAFOS, 'tasklet', 'build'];
    const { bare, one: single } = await commandPairs(one, rounds, { bare: ['-e', '0'], one: build });
    return { bare, one: single, ...(await commandPairs(many, rounds, { many: build })) };
  });
}

async function largeRuns(rounds: number): Promise<Record<'into' | 'intoCopy' | 'back' | 'backCopy', CommandTime>> {
  return inFolder(async (folder) => {
    await writeProgram(folder, watProgram('hello', 'echo'));
    await writeFile(join(folder, 'copy.cjs'), COPY);
    await writeFile(join(folder, 'large.bin'), randomBytes(LARGE_BYTES));
    const grafos = (...args: string[]) => run(process.execPath, [GRAFOS, ...args], { cwd: folder });
    await grafos('tasklet', 'build');
    await grafos('dev', 'up');
    const trust = join(folder, '.grafos', 'dev', 'trust');
    const [key, cert] = await Promise.all(
      ['tenant-key.pem', 'tenant.pem'].map((name) => readFile(join(trust, name), 'utf8')),
    );
    const server = createServer({ key, cert }, async (request, response) => {
      if (request.url === '/back') response.end(Buffer.concat(await request.toArray()));
      else request.resume().on('end', () => response.end());
    });
    try {
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      const deploy = [GRAFOS, 'deploy', 'run', '--input', 'large.bin', '--tasklet'];
      return await commandPairs(folder, rounds, {
        into: [...deploy, 'hello'],
        intoCopy: ['copy.cjs', String(port), '/', 'large.bin'],
        back: [...deploy, 'echo', '--output', 'output.bin'],
        backCopy: ['copy.cjs', String(port), '/back', 'large.bin'],
      });
    } finally {
      server.close();
      await grafos('dev', 'down');
    }
  });
}

async function writeProgram(folder: string, files: Record<string, string>): Promise<void> {
  await mkdir(join(folder, 'tasklets'), { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'grafos-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
