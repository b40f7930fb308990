/** A stored run on its way: its grant, the cell, and the outcome. */

import { sha256InTurns } from '../../../base/sha256InTurns.ts';
import { specOf } from '../../wire/runSpec.ts';
import { CellLostError } from '../fabric/cellConnection.ts';
import type { CellOutcome } from '../fabric/cellSession.ts';
import { conclude, endAsLost } from './endRun.ts';
import { finishRun, forgetRun } from './finishRun.ts';
import type { EndedRun, LiveRun } from './liveRun.ts';
import { refusalByCell } from './placement.ts';
import type { TimeTaken } from './runGrants.ts';
import type { RunWork } from './runParts.ts';

/** Begins the execution of a stored run. It goes on by itself. */
export function executeRun(work: RunWork, entered: LiveRun): void {
  work.feed.entered(entered.run);
  waitForGrant(work, entered).catch((error: unknown) => work.log.error(`run ${entered.run.run_id}: ${stackOf(error)}`));
}

/** Waits for the grant, and gives it back at the end. */
async function waitForGrant(work: RunWork, entered: LiveRun): Promise<void> {
  const grant = work.grants.ask(entered.run.module_sha256);
  entered.grant = grant;
  if (!(await grant.begun)) return;
  let outcome: CellOutcome | undefined;
  try {
    outcome = await executeOnGrant(work, entered);
  } finally {
    grant.end(outcome === undefined ? undefined : timeTaken(outcome));
  }
}

/** @returns the outcome that the cell gave */
async function executeOnGrant(work: RunWork, entered: LiveRun): Promise<CellOutcome | undefined> {
  const { files, modules, link, leases } = work;
  const { run } = entered;
  let outcome: CellOutcome | undefined;
  let ended: EndedRun | null;
  try {
    const input = entered.input ?? (await files.read(run.run_id, 'input'));
    const { run_id, tenant, program, tasklet, version, module_sha256 } = run;
    const job = { run_id, tenant, program, tasklet, version, module_sha256, input, ...specOf(run) };
    outcome = await link.run(job, () => modules.read(module_sha256));
    if (entered.isEnding) return outcome;
    if (outcome.lease !== null) leases.hold(outcome.lease);
    const outputSha256 = await sha256InTurns(outcome.output);
    if (entered.isEnding) return outcome;
    ended = conclude(run, outcome, outputSha256);
  } catch (error) {
    if (entered.isEnding) return outcome;
    ended = endByFault(work, entered, error);
  }
  if (ended !== null) await finishRun(work, entered, ended);
  return outcome;
}

/** The end of a run without an outcome; null for a refused run that was not reported yet. */
function endByFault(work: RunWork, entered: LiveRun, error: unknown): EndedRun | null {
  const { run } = entered;
  const refusal = refusalByCell(error);
  if (refusal !== null && !entered.acknowledged) {
    forgetRun(work, entered, refusal);
    return null;
  }
  if (refusal !== null) return endAsLost(run, refusal.message);
  if (error instanceof CellLostError) return endAsLost(run, sentence(error.message));
  work.log.error(`run ${run.run_id}: ${stackOf(error)}`);
  return endAsLost(run, 'The scheduler failed.');
}

/** Undefined for a run that the cell lost, whose time says nothing about its module. */
function timeTaken({ error, duration_us, short }: CellOutcome): TimeTaken | undefined {
  return error?.code === 'worker_lost' ? undefined : { ms: duration_us / 1000, short };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
