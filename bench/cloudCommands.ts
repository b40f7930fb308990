import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../base/packageRoot.ts';
import { FakeCloud } from '../test/fakeCloud/fakeCloud.ts';
import { silentMachine } from '../test/fakeCloud/silentMachine.ts';
import { freePorts } from '../test/helpers/freePorts.ts';
import { grafosJson } from '../test/helpers/grafosCommand.ts';
import { type CommandTime, commandPairs } from './commandPairs.ts';

const GRAFOS = join(packageRoot, 'bin', 'grafos.cjs');
const HOST = '127.0.0.1';

/**
 * Measures commands for cells beside bare Node: two that ask a cloud, which is a fake on loopback,
 * and one that asks a cell on this machine.
 *
 * @param folder an empty folder to work in
 */
export async function cloudCommands(
  folder: string,
  rounds: number,
): Promise<Record<'bare' | 'status' | 'list' | 'plan', CommandTime>> {
  await using cleanup = new AsyncDisposableStack();
  const cloud = cleanup.use(await FakeCloud.start({ startMachine: silentMachine, lagMs: 0, stepMs: 0 }));
  const program = join(folder, 'program');
  await mkdir(program);
  await writeFile(join(program, 'grafos.toml'), '[program]\nname = "bench"\n');
  cleanup.use(await runningCell(folder));
  const commands = {
    bare: ['-e', '0'],
    status: [GRAFOS, 'cell', 'status', '--state', '../state'],
    list: [GRAFOS, 'cloud', 'list', 'aws'],
    plan: [GRAFOS, 'cloud', 'provision', 'aws', '--name', 'edge', '--from', '192.0.2.1', '--plan'],
  };
  return await commandPairs(program, rounds, commands, cloud.environment);
}

/** A cell that `grafos cell run` keeps, with its state in the folder. */
async function runningCell(folder: string): Promise<AsyncDisposable> {
  const [port, memory, control] = await freePorts(HOST, 3);
  const ports = ['--port', port, '--memory-port', memory, '--control-port', control].map(String);
  const words = ['--cell-id', 'bench', '--provider', 'aws', '--region', 'eu-1', '--host', HOST, '--listen', HOST];
  await grafosJson(['admin', 'init-ca', '--out', 'ca'], { cwd: folder });
  const ca = ['--ca', 'ca/ca.pem', '--ca-key', 'ca/ca-key.pem'];
  await grafosJson(['cell', 'init', '--state', 'state', ...words, ...ports, ...ca], { cwd: folder });
  const child = spawn(process.execPath, [GRAFOS, 'cell', 'run', '--state', 'state', '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await running(child);
  return {
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

async function running({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('no stdout');
  let isRunning = false;
  for await (const line of createInterface(stdout)) {
    isRunning = line.includes('bench runs');
    if (isRunning) break;
  }
  if (!isRunning) throw new Error('the cell did not start');
  stdout.resume();
}
