import * as vscode from 'vscode';
import type { Grafos } from './grafos.ts';
import { CONTEXT_KEYS } from './ids.ts';

/**
 * The context keys of menus and welcome views, drawn from the active program. Only a key that
 * changed is set.
 */
export function contextKeys({ programs }: Grafos): vscode.Disposable {
  const values = new Map<string, unknown>();
  const tell = (key: string, value: unknown): void => {
    if (values.get(key) === value) return;
    values.set(key, value);
    void vscode.commands.executeCommand('setContext', key, value);
  };
  let followed: vscode.Disposable[] = [];
  const follow = (): void => {
    for (const one of followed.splice(0)) one.dispose();
    const session = programs.active;
    const draw = () => {
      tell(CONTEXT_KEYS.programFound, session !== undefined);
      tell(CONTEXT_KEYS.stackState, session?.stack.state.kind ?? 'stopped');
      // Until the manifest was read there is no saying that it has none.
      tell(CONTEXT_KEYS.taskletFound, session !== undefined && session.tasklets.hasTasklets !== false);
      tell(CONTEXT_KEYS.runFound, session !== undefined && session.runs.size > 0);
    };
    if (session !== undefined) {
      followed = [session.stack.onChanged(draw), session.tasklets.onChanged(draw), session.runs.onChanged(draw)].map(
        (one) => new vscode.Disposable(() => one.dispose()),
      );
    }
    draw();
  };
  follow();
  // Until then there is no saying that there is none.
  void programs.found.then(() => tell(CONTEXT_KEYS.searched, true));
  return vscode.Disposable.from(
    programs.onDidChange(follow),
    new vscode.Disposable(() => {
      for (const one of followed) one.dispose();
    }),
  );
}
