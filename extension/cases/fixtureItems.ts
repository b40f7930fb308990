import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { ProgramSession } from '../program/programSession.ts';

/** The subject of a test item. */
export interface FixtureSubject {
  session: ProgramSession;
  tasklet: string;
  /** Absent: all of the tasklet's. */
  fixture?: string;
}

/**
 * Makes the test items of a program: one for each tasklet, at its `compute`, with one for each of
 * its fixtures, at the first line of what it expects. None where the manifest cannot be used.
 */
export async function fixtureItems(
  controller: vscode.TestController,
  session: ProgramSession,
  subjects: WeakMap<vscode.TestItem, FixtureSubject>,
): Promise<vscode.TestItem[]> {
  const { loadProgramSoon } = await import('../../program/loadProgram.ts');
  let program: Program;
  try {
    program = await loadProgramSoon(session.root);
  } catch {
    // The manifest's problems are shown where they are.
    return [];
  }
  const items = await Promise.all(
    program.manifest.tasklets.map((tasklet) => taskletItem(controller, session, program, tasklet, subjects)),
  );
  return items.filter((item) => item.children.size > 0 || item.error !== undefined);
}

async function taskletItem(
  controller: vscode.TestController,
  session: ProgramSession,
  program: Program,
  tasklet: Tasklet,
  subjects: WeakMap<vscode.TestItem, FixtureSubject>,
): Promise<vscode.TestItem> {
  const { listFixtures } = await import('../../toolchain/cases/listFixtures.ts');
  const { ProgramReader } = await import('../../program/programReader.ts');
  const reader = new ProgramReader(program.root);
  const { uri, range } = await placeOf(reader, program, tasklet);
  const item = controller.createTestItem(`${session.root} ${tasklet.name}`, tasklet.name, uri);
  item.range = range;
  subjects.set(item, { session, tasklet: tasklet.name });
  try {
    for (const { name, expectedFile } of await listFixtures(reader, tasklet)) {
      const child = controller.createTestItem(`${item.id} ${name}`, name, vscode.Uri.file(expectedFile));
      child.range = new vscode.Range(0, 0, 0, 0);
      subjects.set(child, { session, tasklet: tasklet.name, fixture: name });
      item.children.add(child);
    }
  } catch (error) {
    item.error = error instanceof Error ? error.message : String(error);
  }
  return item;
}

/** The source of a tasklet, and its `compute` where the source has one. */
async function placeOf(
  reader: InstanceType<typeof import('../../program/programReader.ts')['ProgramReader']>,
  program: Program,
  tasklet: Tasklet,
): Promise<{ uri: vscode.Uri; range: vscode.Range | undefined }> {
  const { rustSource } = await import('../../program/rustSource.ts');
  const { decodeText } = await import('../../program/decodeText.ts');
  const { computePlace } = await import('../../toolchain/language/computePlace.ts');
  const source = tasklet.kind === 'rust' ? rustSource(tasklet.source).entry : tasklet.source;
  const file = join(program.root, source);
  const uri = vscode.Uri.file(file);
  const read = tasklet.kind === 'wasm' ? undefined : await reader.readSoon(file, 'checkedSource');
  const text = read?.state === 'ok' ? decodeText(read.bytes) : null;
  const place = text === null ? null : computePlace(tasklet.kind, text);
  if (place === null) return { uri, range: undefined };
  const { start, end } = place;
  return { uri, range: new vscode.Range(start.line, start.character, end.line, end.character) };
}
