/**
 * The real run worker, and an attacker who got to run JavaScript in its realm.
 *
 * `SCRIPTS` are evaluated after the worker sealed the realm. `TREASURES` are tried with objects
 * that a worker holds before it, as if the attacker had got hold of them.
 */
import * as childProcess from 'node:child_process';
import * as fs from 'node:fs';
import * as inspector from 'node:inspector';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { SCRIPTS } from './attackScripts.ts';

const port = parentPort;
const held = process;
const { execPath } = process;
const tell = async (attempt: () => unknown): Promise<string> => {
  try {
    return `got ${String(await attempt())}`;
  } catch (error) {
    return error instanceof Error ? `${'code' in error ? error.code : error.name}: ${error.message}` : String(error);
  }
};

const outside = join(tmpdir(), 'grafos-attack');
const TREASURES: Record<string, () => unknown> = {
  read: () => fs.readFileSync(outside),
  list: () => fs.readdirSync(tmpdir()),
  write: () => fs.writeFileSync(outside, ''),
  spawn: () => childProcess.spawnSync(execPath, ['-v']).status,
  worker: () => new Worker('', { eval: true, execArgv: [] }),
  inspector: () => inspector.open(0),
  builtin: () => held.getBuiltinModule('node:net'),
  kill: () => held.kill(held.ppid, 0),
  environment: () => Object.keys(held.env),
  addon: () => held.dlopen({ exports: {} }, outside),
};

await import('../../daemons/fabricbiosd/worker/runWorker.ts');

// biome-ignore lint/security/noGlobalEval: evaluating a stranger's text is what this file is for
const evaluate = globalThis.eval;
const answers: Record<string, string> = {};
for (const [name, script] of Object.entries(SCRIPTS)) answers[name] = await tell(() => evaluate(script));
for (const [name, attempt] of Object.entries(TREASURES)) answers[`held: ${name}`] = await tell(attempt);
port?.postMessage({ kind: 'attacked', answers });
