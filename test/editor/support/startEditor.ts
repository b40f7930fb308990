import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { installEditor } from './installEditor.ts';

export interface EditorOptions {
  /** Folder of installed extensions, as `installExtensions` leaves it. */
  extensions: string;
  /**
   * True: workspaces are restricted until trusted. Otherwise every workspace is trusted without a
   * question.
   */
  restricted?: boolean;
  /** User settings beside those that keep the editor quiet. */
  settings?: Record<string, unknown>;
  env?: Record<string, string>;
  /** Folders of the PATH beside Node's own; without, the PATH of the tests. */
  path?: string[];
}

export interface Editor extends AsyncDisposable {
  /** Address of the workbench, on loopback; no password. */
  url: string;
  /** Its own folder, which all its processes name. */
  data: string;
  /** Writes the user's settings anew, for windows opened after. */
  setSettings(settings: Record<string, unknown>): Promise<void>;
}

/** Nothing is fetched, nothing pops up, nothing is hidden behind a timer. */
const quiet = {
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'workbench.startupEditor': 'none',
  'workbench.enableExperiments': false,
  'workbench.tips.enabled': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  // On in a browser by default; on a desktop it is off, and unsaved text is what the tests look at.
  'files.autoSave': 'off',
  'files.simpleDialog.enable': true,
  'security.workspace.trust.startupPrompt': 'never',
  'security.workspace.trust.banner': 'never',
  'window.commandCenter': false,
  'editor.accessibilitySupport': 'off',
};

/**
 * Starts code-server on a port of the system's choice. Dispose ends it and removes its data.
 *
 * @throws {Error} with its output when it ends early
 */
export async function startEditor(options: EditorOptions): Promise<Editor> {
  const data = await mkdtemp(join(tmpdir(), 'grafos-editor-'));
  try {
    const setSettings = (settings: Record<string, unknown> = {}) =>
      writeFile(join(data, 'User', 'settings.json'), JSON.stringify({ ...quiet, ...settings }));
    await mkdir(join(data, 'User'), { recursive: true });
    await setSettings(options.settings);
    const server = await spawnEditor(
      data,
      options.extensions,
      [
        ...[
          '--bind-addr',
          '127.0.0.1:0',
          '--auth',
          'none',
          '--ignore-last-opened',
          '--disable-getting-started-override',
        ],
        ...(options.restricted === true ? [] : ['--disable-workspace-trust']),
      ],
      options.env,
      options.path,
    );
    let said = '';
    const url = await new Promise<string>((resolve, reject) => {
      server.stdout?.on('data', (chunk) => {
        said += chunk;
        const listening = /server listening on (http:\/\/127\.0\.0\.1:\d+)/i.exec(said);
        if (listening?.[1] !== undefined) resolve(listening[1]);
      });
      server.stderr?.on('data', (chunk) => (said += chunk));
      server.on('error', reject);
      server.on('exit', (code) => reject(new Error(`code-server ended with ${code}:\n${said}`)));
    });
    return {
      url,
      data,
      setSettings,
      async [Symbol.asyncDispose]() {
        await endGroup(server);
        await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      },
    };
  } catch (error) {
    await rm(data, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Installs VSIX files into the folder.
 *
 * @throws {Error} with the editor's output when one is refused
 */
export async function installExtensions(extensions: string, vsix: string[]): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'grafos-editor-'));
  try {
    const child = await spawnEditor(
      data,
      extensions,
      vsix.flatMap((file) => ['--install-extension', file]),
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    if (code !== 0 || (said.match(/was successfully installed/g) ?? []).length !== vsix.length) {
      throw new Error(`installing ${vsix.join(', ')} ended with ${code}:\n${said}`);
    }
  } finally {
    await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** Ends the server, which closes its windows' hosts in order, then what is left of its group. */
async function endGroup(server: ChildProcess): Promise<void> {
  if (server.pid === undefined) return;
  if (server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    await ended;
  }
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(-server.pid, signal);
    } catch {
      return;
    }
    const deadline = Date.now() + 10_000;
    while (Date.now() < deadline && groupLives(server.pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function groupLives(group: number): boolean {
  try {
    return process.kill(-group, 0);
  } catch {
    return false;
  }
}

async function spawnEditor(
  data: string,
  extensions: string,
  args: string[],
  env: Record<string, string> = {},
  path?: string[],
): Promise<ChildProcess> {
  const entry = join(await installEditor(), 'out', 'node', 'entry.js');
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|CODE_SERVER_|MOCHA_|NODE_OPTIONS$)/.test(name),
  );
  return spawn(
    process.execPath,
    [
      entry,
      ...['--user-data-dir', data, '--extensions-dir', extensions, '--config', join(data, 'config.yaml')],
      ...['--disable-telemetry', '--disable-update-check'],
      ...args,
    ],
    {
      cwd: data,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: the extension host outlives its server by some seconds, waiting for it
      // to come back.
      detached: true,
      env: {
        ...Object.fromEntries(inherited),
        PATH: [dirname(process.execPath), ...(path ?? [process.env.PATH])].join(delimiter),
        ...(path === undefined ? {} : { SHELL: await plainShell(data) }),
        // No gallery: an editor under test asks nobody for anything.
        EXTENSIONS_GALLERY: '{}',
        ...env,
      },
    },
  );
}

/**
 * A shell for the editor, which asks the user's login shell for its PATH. This one has read no
 * profile, so it gives the one it got.
 */
async function plainShell(folder: string): Promise<string> {
  const shell = join(folder, 'shell');
  await writeFile(shell, '#!/bin/sh\nfor command; do :; done\nexec /bin/sh -c "$command"\n', { mode: 0o700 });
  return shell;
}
