import { isAbsolute, join } from 'node:path';
import * as vscode from 'vscode';
import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { pickPath } from '../dialogs/pickPath.ts';
import { pickText } from '../shown/pickText.ts';
import type { AnswerStore, InputChoice } from './answers.ts';

/** The input that the tasklet is run on; undefined when the picker is left. */
export async function pickInput(
  store: AnswerStore,
  program: Program,
  tasklet: Tasklet,
  last: InputChoice | undefined,
): Promise<InputChoice | undefined> {
  const { listFixtures } = await import('../../toolchain/cases/listFixtures.ts');
  const { ProgramReader } = await import('../../program/programReader.ts');
  // One bad fixture must not stand in the way of another input; `validate` tells of it.
  const fixtures = await listFixtures(new ProgramReader(program.root), tasklet).catch(() => []);
  type Item = vscode.QuickPickItem & { choice?: InputChoice; ask?: 'file' | 'text' };
  const items: Item[] = [
    ...fixtures.map(
      ({ name }): Item => ({
        label: `$(beaker) ${pickText(name)}`,
        description: vscode.l10n.t('fixture'),
        choice: { kind: 'fixture', name },
      }),
    ),
    { label: vscode.l10n.t('$(circle-slash) No input'), choice: { kind: 'none' } },
    { label: vscode.l10n.t('$(file) File…'), ask: 'file' },
    { label: vscode.l10n.t('$(edit) Text…'), ask: 'text' },
  ];
  if (last !== undefined && !(last.kind === 'fixture' && !fixtures.some(({ name }) => name === last.name))) {
    const same = items.findIndex(({ choice }) => JSON.stringify(choice) === JSON.stringify(last));
    const [item] =
      same < 0 ? [{ label: pickText(inputText(last)), choice: last } satisfies Item] : items.splice(same, 1);
    if (item !== undefined) items.unshift({ ...item, description: vscode.l10n.t('used last') });
  }
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Input of {0}', tasklet.name),
    placeHolder: vscode.l10n.t('Choose what the tasklet is run on'),
  });
  if (picked?.ask === 'file') {
    const path = await pickPath(store, 'input', program.root, { title: vscode.l10n.t('Input of {0}', tasklet.name) });
    return path === undefined ? undefined : { kind: 'file', path };
  }
  if (picked?.ask === 'text') {
    const text = await vscode.window.showInputBox({
      title: vscode.l10n.t('Input of {0}', tasklet.name),
      prompt: vscode.l10n.t('The text is passed as UTF-8. It is remembered in this workspace: no secrets.'),
      value: last?.kind === 'text' ? last.text : '',
      ignoreFocusOut: true,
    });
    return text === undefined ? undefined : { kind: 'text', text };
  }
  return picked?.choice;
}

export function inputText(choice: InputChoice): string {
  switch (choice.kind) {
    case 'none':
      return vscode.l10n.t('no input');
    case 'fixture':
      return vscode.l10n.t('fixture {0}', choice.name);
    case 'file':
      return vscode.workspace.asRelativePath(choice.path);
    case 'text':
      return choice.text.length > 40 ? `"${choice.text.slice(0, 40)}…"` : `"${choice.text}"`;
  }
}

/**
 * The bytes of a choice; undefined for a fixture that is gone.
 *
 * @throws {GrafosError} those of `readInputFile`, when a file cannot be read
 */
export async function readChoice(
  program: Program,
  tasklet: Tasklet,
  choice: InputChoice,
): Promise<Uint8Array | undefined> {
  switch (choice.kind) {
    case 'none':
      return new Uint8Array();
    case 'text':
      return new TextEncoder().encode(choice.text);
    case 'file': {
      const { readInputFile } = await import('../../toolchain/deploy/readInputFile.ts');
      return readInputFile(isAbsolute(choice.path) ? choice.path : join(program.root, choice.path));
    }
    case 'fixture': {
      const { loadFixtures } = await import('../../toolchain/cases/loadFixtures.ts');
      const { ProgramReader } = await import('../../program/programReader.ts');
      const reader = new ProgramReader(program.root);
      const [fixture] = await loadFixtures(reader, tasklet, new Set([choice.name]));
      if (fixture !== undefined && 'fault' in fixture) throw fixture.fault;
      return fixture?.input;
    }
  }
}
