import * as vscode from 'vscode';
import { madeCells } from '../cells/madeCells.ts';
import { withProgress } from '../dialogs/withProgress.ts';
import { showPage } from '../documents/pageDocuments.ts';
import type { ProgramSession } from '../program/programSession.ts';
import { type CellNode, isNode } from '../views/nodes.ts';
import type { CommandFactory } from './command.ts';
import { subjectOf } from './subject.ts';

/** Records that are shown, the newest. */
const RECORDS = 200;

/**
 * Shows what a cell has decided, through its API: the audit log to its owner, who made it from
 * here, and to others which runs it admitted or refused.
 */
export const cellLog: CommandFactory = (grafos) => async (arg) => {
  const subject = await subjectOf(grafos, arg);
  if (subject === undefined || !isNode(arg) || arg.kind !== 'cell') return;
  const { cellNameOf } = await import('../../toolchain/deploy/cloudCells.ts');
  const name = cellNameOf(arg.cell);
  const lines = await withProgress(vscode.l10n.t('grafOS: asking {0}', name), (signal) =>
    linesOf(subject.session, arg, name, signal),
  );
  await showPage(`log-of-${arg.provider}-${name.replaceAll(/[^\w.-]/g, '-')}.txt`, `${lines.join('\n')}\n`);
};

async function linesOf(
  session: ProgramSession,
  { provider, cell }: CellNode,
  name: string,
  signal: AbortSignal,
): Promise<string[]> {
  const made = (await madeCells(session.root)).find(({ url }) => url === cell.scheduler_url);
  if (made === undefined) {
    using client = await session.connect(provider, name);
    const { value } = await client.admissions({ limit: RECORDS }, { signal });
    return value.map(({ at, tenant, decision, reason, run_id }) =>
      `${at}  ${tenant}  ${decision}  ${reason}  ${run_id ?? ''}`.trimEnd(),
    );
  }
  const { connectOwner } = await import('../../toolchain/cloud/connectOwner.ts');
  using client = await connectOwner(cell, signal);
  const { value } = await client.audit({ limit: RECORDS }, { signal });
  return value.map(({ at, actor, action, decision, reason, subject }) =>
    `${at}  ${actor ?? '-'}  ${action}  ${decision}  ${reason}  ${subject ?? ''}`.trimEnd(),
  );
}
