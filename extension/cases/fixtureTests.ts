import { dirname, join, sep } from 'node:path';
import * as vscode from 'vscode';
import { neutralText } from '../../base/text/neutralText.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { Grafos } from '../grafos.ts';
import { TEST_CONTROLLER } from '../ids.ts';
import { programName } from '../program/programName.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { ensureBuilt } from '../tasklets/buildTasklets.ts';
import { detailedCoverage, FixtureCoverage } from './fixtureCoverage.ts';
import { type FixtureSubject, fixtureItems } from './fixtureItems.ts';
import type { FixtureResults } from './fixtureResults.ts';
import { showResult } from './showResult.ts';

const FIXTURE_FILES = '**/*.{expected.json,input.json,input.bin}';

/** The items of the Test Explorer, and the fixture or tasklet of each. */
interface Explorer {
  grafos: Grafos;
  controller: vscode.TestController;
  subjects: WeakMap<vscode.TestItem, FixtureSubject>;
  results: FixtureResults;
  /** Collects the counted runs of a test run with coverage. */
  coverage?: FixtureCoverage | undefined;
}

/**
 * The fixtures of every tasklet in the Test Explorer. They run on the program's stack, or on one of
 * their own where it does not run.
 *
 * @param results gets the result of each fixture that ran
 */
export function createFixtureTests(grafos: Grafos, results: FixtureResults): vscode.Disposable {
  const controller = vscode.tests.createTestController(TEST_CONTROLLER, vscode.l10n.t('grafOS fixtures'));
  const explorer: Explorer = { grafos, controller, subjects: new WeakMap(), results };
  /** True once the Test Explorer or a file of a program was opened. Before that nothing is read. */
  let isWanted = false;
  const refresh = (): void => {
    if (isWanted) readAll(explorer).catch((error) => grafos.log.error(error));
  };
  controller.resolveHandler = async (item) => {
    if (item !== undefined) return;
    isWanted = true;
    await readAll(explorer);
  };
  controller.refreshHandler = () => readAll(explorer);
  /** An editor on a file of a program shows the marks of its tests beside the lines. */
  const consider = (editor: vscode.TextEditor | undefined): void => {
    const uri = editor?.document.uri;
    if (isWanted || uri?.scheme !== 'file' || grafos.programs.of(uri) === undefined) return;
    isWanted = true;
    refresh();
  };
  const files = vscode.workspace.createFileSystemWatcher(FIXTURE_FILES, false, false, false);
  const changed = (uri: vscode.Uri): void => {
    if (!/[\\/](?:node_modules|\.grafos|target)[\\/]/.test(dirname(uri.fsPath) + sep)) refresh();
  };
  return vscode.Disposable.from(
    controller,
    createProfile(explorer),
    createCoverageProfile(explorer),
    files,
    files.onDidCreate(changed),
    files.onDidDelete(changed),
    grafos.programs.onDidChange(refresh),
    vscode.workspace.onDidSaveTextDocument(({ uri }) => {
      // The line of compute, or the list of tasklets, may be another.
      if (/\.(?:toml|ts|rs|wat)$/.test(uri.fsPath) && grafos.programs.of(uri) !== undefined) refresh();
    }),
    vscode.window.onDidChangeActiveTextEditor(consider),
    grafos.programs.onDidChange(() => consider(vscode.window.activeTextEditor)),
  );
}

async function readAll({ grafos, controller, subjects }: Explorer): Promise<void> {
  await grafos.programs.found;
  const { all } = grafos.programs;
  const items: vscode.TestItem[] = [];
  for (const session of all) items.push(...(await fixtureItems(controller, session, subjects)));
  if (all.length > 1) {
    for (const item of items) item.description = programName(subjects.get(item)?.session.root ?? '');
  }
  controller.items.replace(items);
}

function createProfile(explorer: Explorer): vscode.TestRunProfile {
  const { controller } = explorer;
  const profile = controller.createRunProfile(
    vscode.l10n.t('Run Fixtures'),
    vscode.TestRunProfileKind.Run,
    async (request, token) =>
      request.continuous === true
        ? runContinuously(explorer, profile, request, token)
        : runOnce(explorer, request, token),
    true,
    undefined,
    true,
  );
  return profile;
}

function createCoverageProfile(explorer: Explorer): vscode.TestRunProfile {
  const profile = explorer.controller.createRunProfile(
    vscode.l10n.t('Run Fixtures with Coverage'),
    vscode.TestRunProfileKind.Coverage,
    (request, token) => runOnce(explorer, request, token, new FixtureCoverage()),
    true,
  );
  profile.loadDetailedCoverage = async (_run, file) => detailedCoverage(file);
  return profile;
}

/** Runs the watched fixtures of a program again whenever one of its files is saved. */
async function runContinuously(
  explorer: Explorer,
  profile: vscode.TestRunProfile,
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
): Promise<void> {
  const { grafos, subjects } = explorer;
  let queue = Promise.resolve();
  const saved = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
    const session = grafos.programs.of(uri);
    const items = itemsOf(explorer, request).filter((item) => subjects.get(item)?.session === session);
    if (session === undefined || items.length === 0 || uri.fsPath.startsWith(join(session.root, '.grafos') + sep))
      return;
    const next = new vscode.TestRunRequest(items, request.exclude, profile, true);
    queue = queue.then(() => runOnce(explorer, next, token));
  });
  await new Promise<void>((resolve) => {
    token.onCancellationRequested(() => resolve());
  });
  saved.dispose();
  await queue;
}

async function runOnce(
  explorer: Explorer,
  request: vscode.TestRunRequest,
  token: vscode.CancellationToken,
  coverage?: FixtureCoverage,
): Promise<void> {
  const { grafos, controller } = explorer;
  const run = controller.createTestRun(request);
  const abort = new AbortController();
  const cancelled = vscode.Disposable.from(
    token.onCancellationRequested(() => abort.abort()),
    run.token.onCancellationRequested(() => abort.abort()),
  );
  try {
    if (!vscode.workspace.isTrusted) {
      run.appendOutput(`${vscode.l10n.t('This workspace is not trusted; nothing was run.')}\r\n`);
      return;
    }
    await runItems({ ...explorer, coverage }, run, itemsOf(explorer, request), abort.signal);
    await coverage?.publish(run, abort.signal);
  } catch (error) {
    if (!abort.signal.aborted) {
      grafos.log.error(error instanceof Error ? error : String(error));
      run.appendOutput(`${error instanceof Error ? error.message : String(error)}\r\n`);
    }
  } finally {
    cancelled.dispose();
    run.end();
  }
}

/** The fixtures among the items of a request and below them. */
function itemsOf(
  { controller, subjects }: Explorer,
  { include, exclude = [] }: vscode.TestRunRequest,
): vscode.TestItem[] {
  const leaves = (item: vscode.TestItem): vscode.TestItem[] => {
    if (exclude.includes(item)) return [];
    return subjects.get(item)?.fixture === undefined
      ? [...item.children].flatMap(([, child]) => leaves(child))
      : [item];
  };
  return (include ?? [...controller.items].map(([, item]) => item)).flatMap(leaves);
}

async function runItems(
  explorer: Explorer,
  run: vscode.TestRun,
  items: vscode.TestItem[],
  signal: AbortSignal,
): Promise<void> {
  const bySession = Map.groupBy(items, (item) => explorer.subjects.get(item)?.session);
  for (const item of items) run.enqueued(item);
  for (const [session, its] of bySession)
    if (session !== undefined) await runProgram(explorer, run, session, its, signal);
}

/** A tasklet that is built, in its program, with the items of its fixtures. */
interface Ready {
  program: Program;
  tasklet: Tasklet;
  items: vscode.TestItem[];
}

async function runProgram(
  explorer: Explorer,
  run: vscode.TestRun,
  session: ProgramSession,
  items: vscode.TestItem[],
  signal: AbortSignal,
): Promise<void> {
  const { startTemporaryStack } = await import('../../toolchain/stack/startTemporaryStack.ts');
  const { DEFAULT_MEM_CAPACITY } = await import('../../toolchain/stack/stackRequest.ts');
  const ready = await buildAll(explorer, run, session, items, signal);
  if (ready.length === 0 || signal.aborted) return;
  const memory = Math.max(DEFAULT_MEM_CAPACITY, ...ready.map(({ tasklet }) => tasklet.mem_bytes));
  const hasStack = session.stack.state.kind === 'running';
  await using stack = await startTemporaryStack(session.root, memory, signal);
  const { client } = stack;
  for (const one of ready) await runTasklet(explorer, run, { ...one, session, client, hasStack, signal });
}

/** Builds what is stale. The items of a tasklet that does not build show its error. */
async function buildAll(
  { grafos, subjects }: Explorer,
  run: vscode.TestRun,
  session: ProgramSession,
  items: vscode.TestItem[],
  signal: AbortSignal,
): Promise<Ready[]> {
  const ready: Ready[] = [];
  for (const [name, its] of Map.groupBy(items, (item) => subjects.get(item)?.tasklet ?? '')) {
    try {
      ready.push({ ...(await ensureBuilt(session, name, grafos.context.extensionPath, signal)), items: its });
    } catch (error) {
      if (signal.aborted) return [];
      const message = error instanceof Error ? error.message : String(error);
      for (const item of its)
        run.errored(item, new vscode.TestMessage(message.split('\n').map(neutralText).join('\n')));
    }
  }
  return ready;
}

async function runTasklet(
  { subjects, results, coverage }: Explorer,
  run: vscode.TestRun,
  one: Ready & { session: ProgramSession; client: SchedulerClient; hasStack: boolean; signal: AbortSignal },
): Promise<void> {
  const { loadFixtures } = await import('../../toolchain/cases/loadFixtures.ts');
  const { ProgramReader } = await import('../../program/programReader.ts');
  const { runFixtures } = await import('../../toolchain/cases/runFixtures.ts');
  const { program, tasklet, items, session, client, hasStack, signal } = one;
  const { root } = session;
  const wanted = new Map(items.map((item) => [subjects.get(item)?.fixture ?? '', item]));
  const fixtures = await loadFixtures(new ProgramReader(program.root), tasklet, new Set(wanted.keys()));
  for (const item of items) run.started(item);
  const acceptable = new Map<string, string>();
  const offer = async (expectedFile: string, text: string) => {
    acceptable.set(expectedFile, text);
    return false;
  };
  for await (const result of runFixtures(client, program, tasklet, fixtures, signal, offer)) {
    const item = wanted.get(result.case);
    if (item?.uri === undefined) continue;
    const expectedFile = item.uri.fsPath;
    const entry =
      result.run_id === null || !hasStack
        ? undefined
        : { root, provider: 'local' as const, run: await client.getRun(result.run_id, { signal }) };
    results.set(item.id, { session, expectedFile, acceptable: acceptable.get(expectedFile), run: entry });
    showResult(run, item, root, result, acceptable.has(expectedFile));
    const fixture = fixtures.find(({ name }) => name === result.case);
    if (coverage === undefined || result.run_id === null || fixture === undefined || !('input' in fixture)) continue;
    await coverage.count(client, { root, tasklet, runId: result.run_id, input: fixture.input }, signal);
  }
}
