/**
 * A process beside the daemons of a stack that an editor started.
 *
 * Every window that has the program open holds a connection to it. When the last one broke, by
 * closing, by a crash or by `kill -9`, and none came back within the time of a reload, it stops the
 * stack. It ends by itself when the stack is stopped or replaced.
 *
 * Arguments: program, `started_at` of the stack, socket, grace in milliseconds, and `keep` or
 * `stop`, the setting of the window that starts it: that window may be gone before it connects.
 */
import { rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { processStart } from '../../base/processIdentity.ts';
import { devDown } from '../../toolchain/stack/devDown.ts';
import { readDevState } from '../../toolchain/stack/devState.ts';
import { KEEPER_FILE, type KeeperRecord, keeperText } from '../../toolchain/stack/keeperFile.ts';
import { stackPaths } from '../../toolchain/stack/stackPaths.ts';
import { watchStateFile } from '../../toolchain/stack/watchStateFile.ts';

const [root = '', stack = '', socket = '', graceMs = '', setting = ''] = process.argv.slice(2);
const paths = stackPaths(root);
const windows = new Set<Socket>();
let keepRunning = setting === 'keep';
let grace: NodeJS.Timeout | undefined;
let isEnding = false;

const leave = async (code: number): Promise<void> => {
  if (isEnding) return;
  isEnding = true;
  for (const window of windows) window.destroy();
  try {
    if (keeperText(root)?.includes(JSON.stringify(socket))) StateFolder.at(paths.dir).remove(KEEPER_FILE);
  } catch {
    // The folder went, or is no longer the one that was ours.
  }
  if (process.platform !== 'win32') await rm(dirname(socket), { recursive: true, force: true });
  process.exit(code);
};

const isOurStack = async (): Promise<boolean> => (await readDevState(paths))?.started_at === stack;

const startGrace = (): void => {
  clearTimeout(grace);
  grace = setTimeout(() => {
    void (async () => {
      if (windows.size > 0) return;
      if (!keepRunning && (await isOurStack())) await devDown(root, AbortSignal.timeout(30_000));
      await leave(0);
    })().catch(() => leave(1));
  }, Number(graceMs));
};

const server = createServer((window) => {
  clearTimeout(grace);
  windows.add(window);
  window.setEncoding('utf8');
  // The window's setting. The last word counts. A word is never split over loopback in practice,
  // and it would not matter.
  window.on('data', (text: string) => {
    const last = text.trim().split('\n').at(-1);
    if (last === 'keep' || last === 'stop') keepRunning = last === 'keep';
  });
  window.on('error', () => {});
  window.on('close', () => {
    windows.delete(window);
    if (windows.size === 0 && !isEnding) startGrace();
  });
});
server.on('error', () => void leave(1));
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void leave(0));

server.listen(socket, () => {
  void (async () => {
    const started = (await processStart(process.pid)) ?? '';
    const record: KeeperRecord = { pid: process.pid, started, socket, stack };
    await StateFolder.at(paths.dir).write(KEEPER_FILE, `${JSON.stringify(record)}\n`);
    const look = async () => {
      if (!(await isOurStack())) await leave(0);
    };
    watchStateFile(paths.state, root, () => void look());
    await look();
    startGrace();
    process.stdout.write('ready\n');
  })().catch(() => leave(1));
});
