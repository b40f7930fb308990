import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { packageRoot } from '../base/packageRoot.ts';
import { watManifest, watProgram } from '../test/helpers/watTasklets.ts';
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

/**
 * Prints builds of what did not change beside bare Node, and a large input, alone and with an
 * output of its size, beside a plain copy.
 */
export async function commandsReport(report: Report, rounds: number): Promise<void> {
  const ms = (value: number) => `${Math.round(value)} ms`;
  const ratio = (one: CommandTime, other: CommandTime) =>
    `${(one.wall / other.wall).toFixed(2)} of the time, ${(one.processor / other.processor).toFixed(2)} of the processor`;
  const builds = await unchangedBuilds(rounds);
  report.table([
    ['', 'time', 'processor'],
    ...Object.entries(builds).map(([name, { wall, processor }]) => [name, ms(wall), ms(processor)]),
  ]);
  report.print(`\none unchanged tasklet / bare node: ${ratio(builds.one, builds.bare)} (aim: at most 2.5)`);
  const moved = await largeRuns(rounds);
  report.table([
    ['', 'time', 'processor'],
    ...Object.entries(moved).map(([name, { wall, processor }]) => [name, ms(wall), ms(processor)]),
  ]);
  const { into, intoCopy, back, backCopy } = moved;
  report.print(`\ndeploy run with 16 MB in / a copy over TLS: ${ratio(into, intoCopy)} (aim: at most 3)`);
  report.print(`deploy run with 16 MB in and out / a copy there and back: ${ratio(back, backCopy)} (aim: at most 3)`);
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
