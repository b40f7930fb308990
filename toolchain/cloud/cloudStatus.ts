import { X509Certificate } from 'node:crypto';
import { dirname } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import { isHealthy } from '../deploy/cellReport.ts';
import { type CloudCell, readCloudCells } from '../deploy/cloudCells.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { cellTarget } from '../deploy/resolveProvider.ts';
import { shownCertificate } from '../deploy/shownCertificate.ts';
import { BY_HAND, readPem } from '../trust/readPem.ts';
import { type CellCloud, type FoundCell, SCHEDULER_PORT } from './cellCloud.ts';
import type { CloudJournal } from './cloudJournal.ts';
import { canOutlast, endsSoon } from './endsSoon.ts';
import { remakeCommands } from './remakeCommands.ts';
import { unprovenCell } from './unprovenCell.ts';

/** Time that a cell may take to answer, milliseconds. */
const ANSWER_MS = 10_000;

/** The state of a cell that was made in a cloud. */
export interface CloudCellStatus {
  provider: CellCloud['provider'];
  name: string;
  region: string;
  /** The step that was begun last. */
  step: CloudJournal['step'];
  cloud: FoundCell;
  url: string | null;
  healthy: boolean;
  version: string | null;
  /** RFC 3339. */
  last_heartbeat: string | null;
  /** RFC 3339: the end of the scheduler's certificate. */
  certificate_ends: string | null;
  /** The advice of the one thing that is most wrong; null when nothing is. */
  next: string | null;
}

/** The true state of one cell, from its cloud and from itself. An ill cell is no error. */
export async function cloudStatus(
  programRoot: string,
  cloud: CellCloud,
  journal: CloudJournal,
  signal: AbortSignal,
): Promise<CloudCellStatus> {
  const { provider, name, step } = journal;
  const found = await cloud.find(name, { signal });
  const command = `grafos cloud provision ${provider} --name ${name}`;
  const status: CloudCellStatus = {
    provider,
    name,
    region: cloud.region,
    step,
    cloud: found,
    url: found.state === 'made' ? `https://${found.address}:${SCHEDULER_PORT}` : null,
    healthy: false,
    version: null,
    last_heartbeat: null,
    certificate_ends: null,
    next: `Go on with it: ${command}`,
  };
  const entry = (await readCloudCells(programRoot, provider)).find(({ scheduler_url }) => scheduler_url === status.url);
  if (entry === undefined) return status;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  try {
    return { ...status, ...(await askCell(programRoot, { provider, name }, entry, bounded, command)) };
  } catch (error) {
    signal.throwIfAborted();
    const ended = unprovenCell(error, provider, name);
    if (ended !== undefined) return { ...status, next: `${ended.message} ${ended.next}` };
    const why = error instanceof GrafosError ? error.message : `No answer within ${ANSWER_MS / 1000} s.`;
    return { ...status, next: `${why} Your address may have changed; this opens the cell to it: ${command}` };
  }
}

async function askCell(
  programRoot: string,
  { provider, name }: Pick<CloudJournal, 'provider' | 'name'>,
  entry: CloudCell,
  signal: AbortSignal,
  command: string,
): Promise<Partial<CloudCellStatus>> {
  const { text } = await readPem(BY_HAND, entry.ca_cert);
  const target = await cellTarget(programRoot, provider, entry, text);
  using client = await connectTarget(target, signal);
  const health = await client.health({ signal });
  const certificate = await shownCertificate(target, signal);
  return {
    healthy: isHealthy(health),
    version: health.version,
    last_heartbeat: health.last_heartbeat,
    certificate_ends: certificate.validToDate.toISOString(),
    next: !isHealthy(health)
      ? `The scheduler is ${health.role}; its state is ${health.status}. Go on with it: ${command}`
      : endsSoonAdvice(certificate, entry, text, provider, name),
  };
}

function endsSoonAdvice(
  certificate: X509Certificate,
  { ca_cert }: CloudCell,
  caPem: string,
  provider: CellCloud['provider'],
  name: string,
): string | null {
  const days = endsSoon(certificate);
  if (days === undefined) return null;
  return canOutlast(new X509Certificate(caPem).validToDate, certificate)
    ? `Its certificate ends in ${days} days. Renew it: grafos cloud renew ${provider} --name ${name}`
    : `Its certificate ends in ${days} days, and its CA lasts no longer. Destroy the cell with its runs, set ${dirname(ca_cert)} aside, and make it anew: ${remakeCommands(provider, name)}`;
}
