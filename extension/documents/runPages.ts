import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { ArtifactEntry, ArtifactName, Run } from '../../daemons/protocol/tenantApi.ts';
import { formatSize } from '../../program/size.ts';
import type { Place } from '../../toolchain/places/place.ts';
import { placeText } from '../../toolchain/places/placeText.ts';
import type { RunProfile } from '../../toolchain/profile/profileRun.ts';
import { COMMANDS } from '../ids.ts';
import { openPlace } from '../places/openPlace.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { errorWord } from '../runs/errorWord.ts';
import type { RunEntry } from '../runs/runsModel.ts';
import { countText, durationText, runWord, timeText } from '../views/texts.ts';
import { artifactUri } from './artifactUri.ts';
import { readableBytes } from './readableBytes.ts';
import { PAGE_LOADED, type RunPage, renderRun } from './renderRun.ts';

/** Rows of a profile's tables; the command and its file have all. */
const PROFILE_ROWS = 12;

/** Output and log longer than this are cut on the page; the artifacts have them whole. */
const SHOWN_BYTES = 256 * 1024;

interface Details {
  run: Run;
  output: Uint8Array | null;
  log: string | null;
  artifacts: ArtifactEntry[];
  places: Place[];
}

/** The page of each run that was opened; opening one again shows it, and it follows its run until it is closed. */
export class RunPages implements vscode.Disposable {
  readonly #panels = new Map<string, vscode.WebviewPanel>();
  /** Of the open pages, by run: puts a profile on the page. */
  readonly #profiled = new Map<string, (profile: RunProfile) => void>();
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  open(session: ProgramSession, entry: RunEntry): void {
    const id = entry.run.run_id;
    const known = this.#panels.get(id);
    if (known !== undefined) {
      known.reveal(undefined, true);
      return;
    }
    const panel = vscode.window.createWebviewPanel(
      'grafos.run',
      vscode.l10n.t('Run: {0}', entry.run.tasklet),
      { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true },
      { enableScripts: true, enableFindWidget: true, localResourceRoots: [] },
    );
    this.#panels.set(id, panel);
    const closed = new AbortController();
    let details: Details | undefined;
    let profile: RunProfile | undefined;
    /** A page that is replaced while it loads is an error in the editor's own page around it. */
    let isLoading = false;
    let isStale = false;
    const draw = () => {
      if (closed.signal.aborted) return;
      isStale = isLoading;
      if (isLoading) return;
      isLoading = true;
      panel.webview.html = renderRun(pageOf(entry, details, profile), randomBytes(16).toString('base64url'));
    };
    const loaded = () => {
      isLoading = false;
      if (isStale) draw();
    };
    const load = () => {
      draw();
      if (entry.run.ended_at === null || details !== undefined) return;
      fetchDetails(entry, closed.signal).then(
        (found) => {
          details = found;
          draw();
        },
        (error: Error) => {
          if (!closed.signal.aborted) this.#log.warn(`run ${id}: ${error.message}`);
        },
      );
    };
    this.#profiled.set(id, (made) => {
      profile = made;
      draw();
    });
    const attention = session.attend();
    const subscriptions = [
      attention,
      session.runs.onChanged((changed) => {
        if (changed === undefined || changed.run.run_id === id) load();
      }),
      panel.webview.onDidReceiveMessage(({ action = '', name }: { action?: string; name?: string }) =>
        action === PAGE_LOADED
          ? loaded()
          : action === 'place'
            ? void openPlace(session.root, details?.places[Number(name)])
            : act(session, entry, action, name),
      ),
    ];
    panel.onDidDispose(() => {
      closed.abort();
      this.#panels.delete(id);
      this.#profiled.delete(id);
      for (const one of subscriptions) one.dispose();
    });
    load();
  }

  /** Puts a profile on the run's page, while that is open. */
  showProfile(runId: string, profile: RunProfile): void {
    this.#profiled.get(runId)?.(profile);
  }

  dispose(): void {
    for (const panel of [...this.#panels.values()]) panel.dispose();
  }
}

function act(session: ProgramSession, entry: RunEntry, action: string, name: string | undefined): void {
  const node = { kind: 'run', session, entry };
  const command = {
    reproduce: COMMANDS.runReproduce,
    profile: COMMANDS.runProfile,
    download: COMMANDS.runDownload,
    cancel: COMMANDS.runCancel,
  }[action];
  if (command !== undefined) void vscode.commands.executeCommand(command, node);
  else if (action === 'artifact' && name !== undefined) {
    void vscode.window.showTextDocument(artifactUri(entry, name as ArtifactName), { preview: true });
  }
}

async function fetchDetails(entry: RunEntry, signal: AbortSignal): Promise<Details> {
  const { root, provider, run } = entry;
  const { connectTarget } = await import('../../toolchain/deploy/connectTarget.ts');
  const { resolveProvider } = await import('../../toolchain/deploy/resolveProvider.ts');
  using client = await connectTarget(await resolveProvider(root, provider));
  const artifacts = await client.listArtifacts(run.run_id, { signal });
  const has = (name: ArtifactName) => artifacts.some((artifact) => artifact.name === name);
  const log = has('run.log') ? await client.artifact(run.run_id, 'run.log', { signal }) : null;
  const known = await client.getRun(run.run_id, { signal });
  const { placesOfRun } = await import('../../toolchain/places/placesOfRun.ts');
  return {
    run: known,
    places: await placesOfRun(root, known, client, signal),
    output: known.response && (await client.output(known.response, { signal })),
    log: log && Buffer.from(log.subarray(0, SHOWN_BYTES)).toString('utf8'),
    artifacts,
  };
}

function pageOf({ run: known, provider }: RunEntry, details: Details | undefined, profile?: RunProfile): RunPage {
  const run = details?.run ?? known;
  const { response } = run;
  const hasEnded = run.ended_at !== null;
  const facts: RunPage['facts'] = [
    [vscode.l10n.t('Provider'), provider],
    [vscode.l10n.t('Cell'), run.cell_id],
    [vscode.l10n.t('Started'), timeText(new Date(run.created_at))],
  ];
  if (response !== null) {
    facts.push(
      [vscode.l10n.t('Duration'), durationText(response.duration_us)],
      [vscode.l10n.t('Fuel'), countText(response.fuel_used)],
      [vscode.l10n.t('Memory'), formatSize(response.linear_memory_peak)],
    );
  }
  facts.push(
    [vscode.l10n.t('Version'), `${run.program} ${run.version}`],
    [vscode.l10n.t('Module'), run.module_sha256.slice(0, 12)],
    [vscode.l10n.t('Run'), run.run_id],
  );
  const buttons: RunPage['buttons'] = [];
  if (!hasEnded) buttons.push({ action: 'cancel', label: vscode.l10n.t('Cancel Run') });
  else {
    buttons.push(
      {
        action: 'reproduce',
        label: provider === 'local' ? vscode.l10n.t('Replay') : vscode.l10n.t('Reproduce Locally'),
      },
      { action: 'profile', label: vscode.l10n.t('Profile') },
      { action: 'download', label: vscode.l10n.t('Download Artifacts…') },
    );
  }
  return {
    title: run.tasklet,
    state: run.state,
    stateText: runWord(run.state),
    facts,
    error: response?.error ? { word: errorWord(response.error), message: response.error.message } : null,
    places: (details?.places ?? []).map((place) => ({
      text: placeText(place),
      excerpt: place.excerpt ?? '',
      isLink: place.own && place.line !== null,
    })),
    output: details?.output ? outputOf(details.output) : null,
    log: details?.log ?? null,
    profile: profile === undefined ? null : profileOf(profile),
    artifacts: (details?.artifacts ?? []).map(({ name, size }) => ({ name, size: formatSize(size) })),
    buttons,
    headings: {
      output: vscode.l10n.t('Output'),
      log: vscode.l10n.t('Log'),
      artifacts: vscode.l10n.t('Artifacts'),
      noOutput: vscode.l10n.t('The run gave no output.'),
      noLog: vscode.l10n.t('The run logged nothing.'),
    },
  };
}

function profileOf({ fuel_used, functions, lines, flame_graph }: RunProfile): RunPage['profile'] {
  const share = (fuel: number) => `${((100 * fuel) / Math.max(1, fuel_used)).toFixed(1)} %`;
  const fuelHead = vscode.l10n.t('Fuel');
  return {
    heading: vscode.l10n.t('Profile'),
    functions: [
      [fuelHead, '', vscode.l10n.t('Calls'), vscode.l10n.t('Function')],
      ...functions
        .slice(0, PROFILE_ROWS)
        .map(({ fuel, calls, name }) => [countText(fuel), share(fuel), countText(calls), name]),
    ],
    lines: [
      [fuelHead, '', vscode.l10n.t('Line')],
      ...lines
        .filter(({ file }) => file !== null)
        .slice(0, PROFILE_ROWS)
        .map(({ fuel, file, line }) => [countText(fuel), share(fuel), `${file}:${line}`]),
    ],
    note: vscode.l10n.t('Flame graph, to be opened with speedscope: {0}', flame_graph),
  };
}

function outputOf(bytes: Uint8Array): { text: string; note: string } {
  const { text, kind } = readableBytes(bytes.subarray(0, SHOWN_BYTES));
  const form = kind === 'json' ? 'JSON' : kind === 'text' ? vscode.l10n.t('text') : vscode.l10n.t('bytes');
  const note = `${formatSize(bytes.length)}, ${form}`;
  return bytes.length > SHOWN_BYTES
    ? { text, note: vscode.l10n.t('{0}; the beginning is shown, the whole is in output.b64', note) }
    : { text, note };
}
