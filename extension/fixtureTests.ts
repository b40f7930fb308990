import { dirname, join, sep } from 'node:path';
import * as vscode from 'vscode';
import { neutralText } from '../daemons/protocol/neutralText.ts';
import type { Program } from '../program/loadProgram.ts';
import type { Tasklet } from '../program/manifest.ts';
import type { Grafos } from './grafos.ts';
import { TEST_CONTROLLER } from './ids.ts';
import type { ProgramSession } from './program/programSession.ts';
import { ensureBuilt } from './tasklets/buildTasklets.ts';

const FIXTURE_FILES = '**/*.{expected.json,input.json,input.bin}';

/** The subject of a test item. */
interface Subject {
  session: ProgramSession;
  tasklet: string;
  /** Absent: all of the tasklet's. */
  fixture?: string;
}

/**
 * The fixtures of every tasklet in the Test Explorer. They run on the program's stack, or on one of
 * their own when it does not run.
 */
export function fixtureTests(grafos: Grafos): vscode.Disposable {
  const controller = vscode.tests.createTestController(TEST_CONTROLLER, vscode.l10n.t('grafOS fixtures'));
  const subjects = new WeakMap<vscode.TestItem, Subject>();
  /** The Test Explorer was opened. Before that, nothing is read. */
  let isWanted = false;

  const readAll = async (): Promise<void> => {
    await grafos.programs.found;
    const items: vscode.TestItem[] = [];
    for (const session of grafos.programs.all) items.push(...(await readProgram(session)));
    controller.items.replace(items);
  };
  const readProgram = async (session: ProgramSession): Promise<vscode.TestItem[]> => {
    const { loadProgramSoon } = await import('../program/loadProgram.ts');
    let program: Program;
    try {
      program = await loadProgramSoon(session.root);
    } catch {
      // The manifest's problems are reported at their places.
      return [];
    }
    const items = await Promise.all(program.manifest.tasklets.map((tasklet) => readTasklet(session, program, tasklet)));
    return items.filter((item) => item.children.size > 0 || item.error !== undefined);
  };
  const readTasklet = async (session: ProgramSession, program: Program, tasklet: Tasklet): Promise<vscode.TestItem> => {
    const { listFixtures } = await import('../toolchain/fixtures/listFixtures.ts');
    const { ProgramReader } = await import('../program/programReader.ts');
    const folder = vscode.Uri.file(join(program.root, tasklet.fixtures));
    const item = controller.createTestItem(`${session.root} ${tasklet.name}`, tasklet.name, folder);
    subjects.set(item, { session, tasklet: tasklet.name });
    if (grafos.programs.all.length > 1) item.description = vscode.workspace.asRelativePath(session.root);
    try {
      for (const { name, expectedFile } of await listFixtures(new ProgramReader(program.root), tasklet)) {
        const child = controller.createTestItem(`${item.id} ${name}`, name, vscode.Uri.file(expectedFile));
        subjects.set(child, { session, tasklet: tasklet.name, fixture: name });
        item.children.add(child);
      }
    } catch (error) {
      item.error = error instanceof Error ? error.message : String(error);
    }
    return item;
  };
  const refresh = (): void => {
    if (isWanted) readAll().catch((error) => grafos.log.error(error));
  };

  controller.resolveHandler = async (item) => {
    if (item !== undefined) return;
    isWanted = true;
    await readAll();
  };
  controller.refreshHandler = readAll;

  const runOnce = async (request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> => {
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
      await runItems(run, itemsOf(request), abort.signal);
    } catch (error) {
      if (!abort.signal.aborted) {
        grafos.log.error(error instanceof Error ? error : String(error));
        run.appendOutput(`${error instanceof Error ? error.message : String(error)}\r\n`);
      }
    } finally {
      cancelled.dispose();
      run.end();
    }
  };
  const itemsOf = ({ include, exclude = [] }: vscode.TestRunRequest): vscode.TestItem[] => {
    const leaves = (item: vscode.TestItem): vscode.TestItem[] =>
      exclude.includes(item)
        ? []
        : subjects.get(item)?.fixture === undefined
          ? [...item.children].flatMap(([, child]) => leaves(child))
          : [item];
    return (include ?? [...controller.items].map(([, item]) => item)).flatMap(leaves);
  };
  const runItems = async (run: vscode.TestRun, items: vscode.TestItem[], signal: AbortSignal): Promise<void> => {
    const bySession = Map.groupBy(items, (item) => subjects.get(item)?.session);
    for (const item of items) run.enqueued(item);
    for (const [session, its] of bySession) if (session !== undefined) await runProgram(run, session, its, signal);
  };
  const runProgram = async (
    run: vscode.TestRun,
    session: ProgramSession,
    items: vscode.TestItem[],
    signal: AbortSignal,
  ): Promise<void> => {
    const { findTasklet, loadProgramSoon } = await import('../program/loadProgram.ts');
    const { stackForTests } = await import('../toolchain/stack/stackForTests.ts');
    const { DEFAULT_MEM_CAPACITY } = await import('../toolchain/stack/startStack.ts');
    const { loadFixtures } = await import('../toolchain/fixtures/loadFixtures.ts');
    const { ProgramReader } = await import('../program/programReader.ts');
    const { runFixtures } = await import('../toolchain/fixtures/runFixtures.ts');
    const program = await loadProgramSoon(session.root);
    const byTasklet = Map.groupBy(items, (item) => subjects.get(item)?.tasklet ?? '');
    const ready: Array<[Tasklet, vscode.TestItem[]]> = [];
    for (const [name, its] of byTasklet) {
      try {
        await ensureBuilt(session, name, grafos.context.extensionPath, signal);
        ready.push([findTasklet(program, name), its]);
      } catch (error) {
        if (signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        for (const item of its)
          run.errored(item, new vscode.TestMessage(message.split('\n').map(neutralText).join('\n')));
      }
    }
    if (ready.length === 0) return;
    const memory = Math.max(DEFAULT_MEM_CAPACITY, ...ready.map(([{ mem_bytes }]) => mem_bytes));
    await using stack = await stackForTests(session.root, memory, signal);
    for (const [tasklet, its] of ready) {
      const wanted = new Map(its.map((item) => [subjects.get(item)?.fixture ?? '', item]));
      const fixtures = await loadFixtures(new ProgramReader(program.root), tasklet, new Set(wanted.keys()));
      for (const item of its) run.started(item);
      for await (const result of runFixtures(stack.client, program, tasklet, fixtures, signal)) {
        const item = wanted.get(result.case);
        if (item === undefined) continue;
        const { mismatch, duration_us, fuel_used } = result;
        if (mismatch === null) run.passed(item, duration_us / 1_000);
        else {
          const what = neutralText(mismatch.what);
          const message =
            result.run_id === null
              ? new vscode.TestMessage(what)
              : vscode.TestMessage.diff(what, mismatch.expected, mismatch.actual);
          if (item.uri !== undefined) message.location = new vscode.Location(item.uri, new vscode.Position(0, 0));
          run.failed(item, message, duration_us / 1_000);
        }
        run.appendOutput(
          `${mismatch === null ? 'pass' : 'FAIL'}  ${neutralText(`${result.tasklet}/${result.case}`)}  fuel ${fuel_used}\r\n`,
          undefined,
          item,
        );
      }
    }
  };

  const profile = controller.createRunProfile(
    vscode.l10n.t('Run Fixtures'),
    vscode.TestRunProfileKind.Run,
    async (request, token) => {
      if (request.continuous !== true) return runOnce(request, token);
      let queue = Promise.resolve();
      // Until it is switched off: whenever a file of a program is saved, its watched fixtures run
      // again.
      const saved = vscode.workspace.onDidSaveTextDocument(({ uri }) => {
        const session = grafos.programs.of(uri);
        const items = itemsOf(request).filter((item) => subjects.get(item)?.session === session);
        if (session === undefined || items.length === 0 || uri.fsPath.startsWith(join(session.root, '.grafos') + sep))
          return;
        queue = queue.then(() => runOnce(new vscode.TestRunRequest(items, request.exclude, profile, true), token));
      });
      await new Promise<void>((resolve) => {
        token.onCancellationRequested(() => resolve());
      });
      saved.dispose();
      await queue;
    },
    true,
    undefined,
    true,
  );

  const files = vscode.workspace.createFileSystemWatcher(FIXTURE_FILES, false, false, false);
  const changed = (uri: vscode.Uri): void => {
    if (!/[\\/](?:node_modules|\.grafos|target)[\\/]/.test(dirname(uri.fsPath) + sep)) refresh();
  };
  return vscode.Disposable.from(
    controller,
    profile,
    files,
    files.onDidCreate(changed),
    files.onDidDelete(changed),
    grafos.programs.onDidChange(refresh),
  );
}
