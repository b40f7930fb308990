import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';

/** Time in which the walkthrough takes the focus after a click in it, milliseconds. */
const WALKTHROUGH_MS = 400;

/**
 * Waits until a walkthrough that is in front takes no focus any more. A question that it begins
 * with a click would lose the focus, and most would close with it. Elsewhere there is no wait.
 */
export async function afterWalkthrough(): Promise<void> {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  // The editor describes no input for the tab of the walkthrough.
  if (tab !== undefined && tab.input === undefined) await delay(WALKTHROUGH_MS);
}
