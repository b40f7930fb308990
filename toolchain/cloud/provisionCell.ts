import { randomUUID } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import type { Health } from '../../daemons/wire/tenantApi.ts';
import { type AdoptedCell, adoptCell } from '../deploy/adoptCell.ts';
import { isHealthy } from '../deploy/cellReport.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { shownCertificate } from '../deploy/shownCertificate.ts';
import { type CellCloud, type CloudCall, DOOR_PORT, type FoundCell, SCHEDULER_PORT } from './cellCloud.ts';
import type { CellKeys } from './cellKeys.ts';
import { cellIdOf } from './cellName.ts';
import { type CloudJournal, type JournalStep, lockCell, readJournal, writeJournal } from './cloudJournal.ts';
import { canOutlast, endsSoon } from './endsSoon.ts';
import { enrolCell } from './enrol/enrolCell.ts';
import { keptBundle } from './keptBundle.ts';
import { nextLook } from './nextLook.ts';
import type { CellPlan } from './planCell.ts';
import { ownerTarget, renewCertificates } from './renewCertificates.ts';
import { unprovenCell } from './unprovenCell.ts';
import { userData } from './userData.ts';

/** Longest time from a made machine to its key, milliseconds: the console may lag by minutes. */
const KEY_MS = 15 * 60_000;
/** Longest time from an enrolled cell to its first answer, milliseconds. */
const START_MS = 3 * 60_000;
/** Life of a cell's certificates, days. */
const CELL_DAYS = 90;

export interface Provisioning {
  programRoot: string;
  plan: CellPlan;
  keys: CellKeys;
  tenant: string;
  from: string;
  signal: AbortSignal;
  report: (text: string) => void;
}

interface Work extends Provisioning {
  cloud: CellCloud;
  call: CloudCall;
  /** The notes of an earlier try. */
  before: CloudJournal | undefined;
  note: (step: JournalStep, more?: Partial<CloudJournal>) => Promise<void>;
}

type MadeCell = Extract<FoundCell, { state: 'made' }>;

/**
 * Makes a cell, from wherever an earlier try ended, up to its adoption by the program. A cell that
 * is there already is only looked at, and its certificates are renewed when they end soon.
 *
 * @throws {GrafosError} cloud_cell_busy, cell_of_another_ca, resource_failed, machine_key_missing,
 *   machine_key_doubtful, machine_key_differs, enrolment_failed, cell_not_started,
 *   cell_not_renewed, server_certificate_expired, and the errors of {@link CellCloud}, `keptBundle`
 *   and `adoptCell`
 */
export async function provisionCell(cloud: CellCloud, provisioning: Provisioning): Promise<AdoptedCell> {
  try {
    return await provision(cloud, provisioning);
  } catch (error) {
    const { provider, name } = provisioning.plan;
    throw unprovenCell(error, provider, name) ?? error;
  }
}

async function provision(cloud: CellCloud, provisioning: Provisioning): Promise<AdoptedCell> {
  const { programRoot, plan, signal, report, from } = provisioning;
  await using _lock = await lockCell(programRoot, plan.provider, plan.name, signal);
  const call: CloudCall = { signal, report: (resource, state) => report(`${resource} ${state}`) };
  const before = readJournal(programRoot, plan.provider, plan.name);
  const work: Work = { ...provisioning, cloud, call, before, note: journalOf(provisioning, before) };
  const made = await makeMachine(work);
  if (!wasEnrolled(work, made) && !(await isEnrolled(work, made))) await enrol(work, made);
  await work.note('open', { url: urlOf(made) });
  await cloud.allow(plan.name, from, [SCHEDULER_PORT], call);
  await openForTenant(work, made);
  await work.note('adopt');
  const adopted = await adoptCell(
    programRoot,
    plan.provider,
    {
      scheduler_url: urlOf(made),
      tenant_name: provisioning.tenant,
      ca_cert: provisioning.keys.ca,
      tenant_cert: provisioning.keys.tenant.cert,
      tenant_key: provisioning.keys.tenant.key,
      name: plan.name,
    },
    signal,
    { isOwnName: true },
  );
  await work.note('done');
  await renewWhereDue(work, made);
  return adopted;
}

/** Renews the certificates of a cell that was made long ago. */
async function renewWhereDue({ plan, keys, signal, report }: Work, made: MadeCell): Promise<void> {
  const url = urlOf(made);
  const certificate = await shownCertificate(await ownerTarget(url, keys), signal);
  const days = endsSoon(certificate);
  if (days === undefined || !canOutlast(keys.authority.notAfter, certificate)) return;
  report(`renewing its certificate, which ends in ${days} days`);
  await renewCertificates(plan, url, keys, signal);
}

function urlOf({ address }: MadeCell): string {
  return `https://${address}:${SCHEDULER_PORT}`;
}

/** Keeps the notes of the cell; each is written before the step it names. */
function journalOf({ programRoot, plan, from }: Provisioning, before: CloudJournal | undefined): Work['note'] {
  const { provider, name, account, region, size } = plan;
  const others = (before?.regions ?? []).filter((one) => one !== region);
  let journal: CloudJournal = {
    version: 1,
    provider,
    name,
    account,
    regions: [...others, region],
    size,
    from,
    token: before?.token ?? randomUUID(),
    step: 'make',
    url: before?.url ?? null,
    began: before?.began ?? new Date().toISOString(),
  };
  return async (step, more = {}) => {
    journal = { ...journal, ...more, step };
    await writeJournal(programRoot, journal);
  };
}

/** The machine of the cell, made where there is none, and anew where it failed. */
async function makeMachine(work: Work): Promise<MadeCell> {
  const { cloud, call, plan, keys, from, note } = work;
  const { provider, name, size } = plan;
  await cloud.settle(name, call);
  let found = await cloud.find(name, call);
  if (found.state === 'failed') {
    await note('unmake');
    await cloud.unmake(name, randomUUID(), call);
    found = { state: 'absent' };
  }
  if (found.state === 'absent') {
    // A new token for each attempt: the cloud would answer an old one with what it made then.
    const token = randomUUID();
    await note('make', { token, url: null });
    const script = userData({
      provider,
      region: cloud.region,
      cellId: cellIdOf(provider, name),
      ca: keys.authority.certPem,
    });
    await cloud.make({ name, size, from, ca: keys.caMark, userData: script, token }, call);
    found = await cloud.find(name, call);
  }
  if (found.state !== 'made') throw new Error(`${name} is ${found.state} after it was made`);
  if (found.ca === keys.caMark) return found;
  throw new GrafosError('cell_of_another_ca', `The cell ${name} was made with another CA than yours.`, {
    why: `Its CA has the mark ${found.ca || 'none'}; the one in ${keys.folder} has ${keys.caMark}.`,
    next: 'Run this where it was made, or give its CA: --ca FILE --ca-key FILE. Or destroy it, or choose another name.',
  });
}

/** Brings the bundle and the certificates to the machine, once its cloud reported its key. */
async function enrol(work: Work, made: MadeCell): Promise<void> {
  const { cloud, call, plan, keys, from, signal, report, note } = work;
  await note('enrol');
  await cloud.allow(plan.name, from, [SCHEDULER_PORT, DOOR_PORT], call);
  report('packing the bundle');
  const bundle = await keptBundle(plan.target, signal, report);
  report('waiting for the key of the machine');
  const keySha256 = await machineKey(work, made);
  const { certPem, keyPem } = keys.admin;
  const enrolment = {
    peer: { address: made.address, port: DOOR_PORT, keySha256, certPem, keyPem },
    authority: keys.authority,
    cellId: cellIdOf(plan.provider, plan.name),
    bundle,
    days: CELL_DAYS,
    report: (sent: number, of: number) => report(`bundle ${Math.floor((100 * sent) / of)} %`),
  };
  const until = Date.now() + START_MS;
  for (let look = 0; !(await enrolCell(enrolment, signal)); look += 1) {
    // The door closes when it is done, also when its last answer was lost.
    if (await isEnrolled(work, made)) return;
    if (Date.now() > until) {
      throw new GrafosError('enrolment_failed', `The door of ${made.address} is not open.`, {
        why: 'It closes after a day without a caller. Or your address is not the one that may reach it.',
        next: `Your address may have changed: give it with --from. Or destroy the cell and make it anew: grafos cloud destroy ${plan.provider} --name ${plan.name}`,
      });
    }
    await nextLook(look, signal);
  }
}

async function machineKey({ cloud, call, plan, signal }: Work, made: MadeCell): Promise<string> {
  const until = Date.now() + KEY_MS;
  for (let look = 0; ; look += 1) {
    const key = await cloud.machineKey(plan.name, made.machine, call);
    if (key !== undefined) return key;
    if (Date.now() > until) {
      throw new GrafosError('machine_key_missing', `The machine ${made.machine} did not tell its key.`, {
        why: `It was made over ${KEY_MS / 60_000} minutes ago. Its console may say more.`,
        next: `Run the command again, or destroy the cell: grafos cloud destroy ${plan.provider} --name ${plan.name}`,
      });
    }
    await nextLook(look, signal);
  }
}

/** True where the notes say so. The cell may be restarting, and its door is closed for good. */
function wasEnrolled({ before }: Work, made: MadeCell): boolean {
  return before !== undefined && before.url === urlOf(made) && ['open', 'adopt', 'done'].includes(before.step);
}

/** True where a scheduler with a certificate of our CA answers to our admin. */
async function isEnrolled(work: Work, made: MadeCell): Promise<boolean> {
  try {
    await schedulerHealth(work, made);
    return true;
  } catch (error) {
    work.signal.throwIfAborted();
    if (isNotThere(error)) return false;
    throw error;
  }
}

/** True for the errors of a scheduler that is not there yet. */
function isNotThere(error: unknown): error is GrafosError {
  return error instanceof GrafosError && error.kind === 'unreachable';
}

async function admin({ keys, signal }: Work, made: MadeCell): ReturnType<typeof connectTarget> {
  return connectTarget(await ownerTarget(urlOf(made), keys), signal);
}

async function schedulerHealth(work: Work, made: MadeCell): Promise<Health> {
  using client = await admin(work, made);
  return await client.health({ signal: work.signal });
}

/** Waits for the daemons, makes the scheduler active, and registers the tenant. */
async function openForTenant(work: Work, made: MadeCell): Promise<void> {
  const { signal, report } = work;
  report('waiting for the cell to start');
  const until = Date.now() + START_MS;
  let fault: string | undefined = '';
  for (let look = 0; Date.now() < until; look += 1) {
    fault = await tryToOpen(work, made);
    if (fault === undefined) return;
    await nextLook(look, signal);
  }
  throw new GrafosError('cell_not_started', `The cell at ${made.address} did not start.`, {
    why: fault,
    next: `Run the command again, or destroy the cell: grafos cloud destroy ${work.plan.provider} --name ${work.plan.name}`,
  });
}

/** @returns the reason why the cell is not open yet; undefined once it is */
async function tryToOpen(work: Work, made: MadeCell): Promise<string | undefined> {
  const { keys, tenant, signal } = work;
  try {
    using client = await admin(work, made);
    let health = await client.health({ signal });
    if (health.role === 'standby') health = await client.promote({ signal });
    if (!isHealthy(health)) return `The scheduler is ${health.role}; its state is ${health.status}.`;
    await client.createTenant(tenant, keys.tenant.certPem, { signal, rotate: true });
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!isNotThere(error)) throw error;
    return error.message;
  }
}
