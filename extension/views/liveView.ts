import * as vscode from 'vscode';
import { neutralText } from '../../base/text/neutralText.ts';
import type { Grafos } from '../grafos.ts';
import { programName } from '../program/programName.ts';
import type { ProgramSession } from '../program/programSession.ts';
import type { Node } from './nodes.ts';

export interface LiveViewParts<T extends Node> {
  id: string;
  /** Children of a node, or of the active program at the top. */
  children(session: ProgramSession, node: T | undefined): T[] | Promise<T[]>;
  item(node: T): vscode.TreeItem;
  parent?(node: T): T | undefined;
  /** Beside the view's title. */
  description?(session: ProgramSession): string | undefined;
  /** A number on the view's icon with what it counts. */
  badge?(session: ProgramSession): vscode.ViewBadge | undefined;
  /**
   * Listens for what changes; `changed` redraws one node, or the whole view. Active only while the
   * view is visible.
   */
  listen(session: ProgramSession, changed: (node?: T) => void): vscode.Disposable[];
}

/**
 * A view on the active program. While it is not visible it listens to nothing, asks for nothing and
 * draws nothing.
 */
export function liveView<T extends Node>({ programs, log }: Grafos, parts: LiveViewParts<T>): vscode.Disposable {
  const changed = new vscode.EventEmitter<T | undefined>();
  let listening: vscode.Disposable[] = [];
  let shown: ProgramSession | undefined;

  const view = vscode.window.createTreeView<T>(parts.id, {
    showCollapseAll: false,
    treeDataProvider: {
      onDidChangeTreeData: changed.event,
      getChildren: async (node) => {
        const session = programs.active;
        if (session === undefined) return [];
        try {
          return await parts.children(session, node);
        } catch (error) {
          log.warn(`${parts.id}: ${error instanceof Error ? error.message : String(error)}`);
          return [];
        }
      },
      getTreeItem: (node) => neutralItem(parts.item(node)),
      getParent: (node) => parts.parent?.(node),
    },
  });

  const describe = (): void => {
    const session = programs.active;
    const name = session !== undefined && programs.all.length > 1 ? programName(session.root) : '';
    const text = [name, session === undefined ? '' : (parts.description?.(session) ?? '')].filter(
      (part) => part !== '',
    );
    view.description = text.join(' · ');
    view.badge = session === undefined ? undefined : parts.badge?.(session);
  };
  const stop = (): void => {
    for (const one of listening.splice(0)) one.dispose();
    shown = undefined;
  };
  const follow = (): void => {
    if (!view.visible) {
      stop();
      return;
    }
    const session = programs.active;
    if (session !== undefined && session === shown) return;
    stop();
    if (session !== undefined) {
      shown = session;
      listening = parts.listen(session, (node) => {
        describe();
        changed.fire(node);
      });
      listening.push(session.attend());
    }
    describe();
    changed.fire(undefined);
  };
  follow();
  return vscode.Disposable.from(
    view,
    changed,
    view.onDidChangeVisibility(follow),
    programs.onDidChange(() => {
      // The same program, perhaps now one of several, or trusted.
      stop();
      follow();
    }),
    new vscode.Disposable(stop),
  );
}

/**
 * Names, states and errors of cells and manifests stand in the items; none of them may turn or
 * break the line it is shown in.
 */
function neutralItem(item: vscode.TreeItem): vscode.TreeItem {
  if (typeof item.label === 'string') item.label = neutralText(item.label);
  if (typeof item.description === 'string') item.description = neutralText(item.description);
  if (typeof item.tooltip === 'string') item.tooltip = neutralText(item.tooltip);
  return item;
}
