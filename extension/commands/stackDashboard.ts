import * as vscode from 'vscode';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** The longest wait for the helper, milliseconds. */
const ALLOW_MS = 5_000;

/**
 * Opens the dashboard in the browser. In a remote editor the port is forwarded under another name,
 * which the helper gets first.
 */
export const stackDashboard: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined) return;
  const { readBearer } = await import('../../toolchain/stack/readBearer.ts');
  const access = await readBearer(subject.session.root);
  const own = vscode.Uri.parse(access.url);
  const { authority } = await vscode.env.asExternalUri(own);
  if (authority !== own.authority) {
    const { allowHelperHost } = await import('../../toolchain/stack/allowHelperHost.ts');
    await allowHelperHost(access, authority, AbortSignal.timeout(ALLOW_MS));
  }
  // The part after # is never sent to any server; the page takes the bearer from it. The editor
  // puts the name of the forwarded port in place of the helper's own by itself.
  await vscode.env.openExternal(own.with({ path: '/', fragment: access.bearer }));
};
