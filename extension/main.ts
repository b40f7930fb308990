import * as vscode from 'vscode';
import { keepKeysIn } from '../toolchain/deploy/keptKeys.ts';
import { onStateNotice } from '../toolchain/stack/stateNotices.ts';
import type { FixtureResults } from './cases/fixtureResults.ts';
import { createFixtureTests } from './cases/fixtureTests.ts';
import { registerCommands } from './commands/registerCommands.ts';
import { contextKeys } from './contextKeys.ts';
import { notice } from './dialogs/notice.ts';
import { artifactDocuments } from './documents/artifactDocuments.ts';
import { pageDocuments } from './documents/pageDocuments.ts';
import type { Grafos } from './grafos.ts';
import type { RunningLanguageClient } from './languageClient.ts';
import { languageModelTools } from './languageModelTools.ts';
import { mcpServers } from './mcpServers.ts';
import { RunPanel } from './panel/runPanel.ts';
import { RunFailures } from './places/runFailures.ts';
import { ProgramSession } from './program/programSession.ts';
import { Programs } from './program/programs.ts';
import { runFileEditor } from './runFileEditor.ts';
import { RunInputs } from './runs/runInputs.ts';
import { RunsShown } from './runs/runsShown.ts';
import { statusBar } from './statusBar.ts';
import { useWarmBuilder } from './tasklets/buildTasklets.ts';
import { FoundProblems } from './tasklets/foundProblems.ts';
import { tasks } from './tasks/tasks.ts';
import { terminalPath } from './terminalPath.ts';
import { cellsView } from './views/cellsView.ts';
import { runsView } from './views/runsView.ts';
import { stackView } from './views/stackView.ts';
import { taskletsView } from './views/taskletsView.ts';

/** Creates, registers, returns: what takes time starts when it is first needed. */
export function activate(context: vscode.ExtensionContext): void {
  const begun = performance.now();
  const log = vscode.window.createOutputChannel('grafOS', { log: true });
  const programs = new Programs(
    (root) => new ProgramSession(root, context, log),
    (error) => log.error(error),
  );
  const grafos: Grafos = { context, log, programs };
  keepKeysIn((name) => context.secrets.get(name));
  onStateNotice(({ kind, text }) => {
    log.warn(text);
    if (kind === 'warning') void notice('warning', text);
  });
  const inputs = new RunInputs(context.workspaceState);
  const panel = new RunPanel(grafos, inputs);
  const runsShown = new RunsShown(context.workspaceState);
  const problems = new FoundProblems();
  const failures = new RunFailures();
  const fixtures: FixtureResults = new Map();
  context.subscriptions.push(
    log,
    programs,
    panel,
    problems,
    failures,
    registerCommands({
      ...grafos,
      panel,
      inputs,
      runsShown,
      problems,
      failures,
      fixtures,
      restartLanguageServer: () => languageClient?.restart(),
    }),
    contextKeys(grafos),
    statusBar(grafos),
    stackView(grafos),
    taskletsView(grafos),
    cellsView(grafos),
    runsView(grafos, inputs, runsShown),
    artifactDocuments(),
    pageDocuments(),
    runFileEditor(grafos, panel),
    tasks(grafos),
    createFixtureTests(grafos, fixtures),
    languageModelTools(grafos),
    mcpServers(grafos),
  );
  startLanguageServer(grafos);
  terminalPath(grafos).catch((error) => log.warn(`grafos is not on the terminal's PATH: ${error.message}`));
  log.info(`activated in ${(performance.now() - begun).toFixed(1)} ms`);
}

/**
 * The editor waits for it, within its limit. The stack is not ours to stop here: its keeper does,
 * if no window comes back.
 */
export async function deactivate(): Promise<void> {
  await languageClient?.stop();
}

let languageClient: RunningLanguageClient | undefined;

/** Loads the client once there is a program: without one it has nothing to say. */
function startLanguageServer({ context, log, programs }: Grafos): void {
  let isLoading = false;
  const load = async (): Promise<void> => {
    if (isLoading || programs.all.length === 0) return;
    isLoading = true;
    const { startLanguageClient } = await import('./languageClient.ts');
    languageClient = startLanguageClient(context, log);
    context.subscriptions.push(languageClient);
    const client = languageClient;
    useWarmBuilder((root, tasklet, signal) => client.build(root, tasklet, signal));
  };
  const tryToLoad = () => {
    load().catch((error) => log.error(error));
  };
  context.subscriptions.push(programs.onDidChange(tryToLoad));
  void programs.found.then(tryToLoad);
}
