import { X509Certificate } from 'node:crypto';
import { existsSync, statfsSync, statSync } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { eventlessFolder } from '../../base/files/eventlessFolder.ts';
import { STATE_NAME, StateFolder } from '../../base/files/stateFolder.ts';
import { watchFolder } from '../../base/files/watchFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { packageRoot } from '../../base/packageRoot.ts';
import { packageVersion } from '../../base/packageVersion.ts';
import { verifyAudit } from '../../daemons/audit/verifyAudit.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import { CELL_DEATHS_FILE, type CellDeaths } from '../../daemons/wire/cellProcess.ts';
import { DAEMON_NAMES, type DevState } from '../../daemons/wire/devState.ts';
import { formatSize } from '../../program/size.ts';
import { isHealthy } from '../deploy/cellReport.ts';
import { connectTarget } from '../deploy/connectTarget.ts';
import { resolveProvider } from '../deploy/resolveProvider.ts';
import { fileError } from '../files/fileError.ts';
import { auditFaults, auditFaultText } from './auditFaultText.ts';
import { compilerChecks } from './compilerChecks.ts';
import { deadDaemons, knownStack } from './devState.ts';
import { helperAnswers } from './helperAnswers.ts';
import { lookAtStore } from './lookAtStore.ts';
import { type StackPaths, stackPaths } from './stackPaths.ts';
import { stateOwner } from './stateOwner.ts';
import { udpGetsThrough } from './udpGetsThrough.ts';

export interface Check {
  name: string;
  status: 'ok' | 'warn' | 'fail';
  message: string;
  next: string | null;
}

export interface DoctorReport {
  /** No check failed. */
  ok: boolean;
  checks: Check[];
}

/** Time that one part may take to answer, milliseconds. */
const ANSWER_MS = 3_000;
/** Free bytes that a stack needs on its disk at least. */
const ROOM_BYTES = 1024 * 1024;
const RESTART = 'Start the stack again: grafos dev up';

/**
 * Checks every part of a program's local stack by itself, and the compilers that its tasklets need.
 * The report names the part at fault. Nothing is changed.
 */
export async function doctor(programRoot: string, signal: AbortSignal): Promise<DoctorReport> {
  const paths = stackPaths(programRoot);
  const checks: Check[] = [
    nodeCheck(),
    quicCheck(),
    await udpCheck(),
    await writableCheck(programRoot),
    ...(await compilerChecks(programRoot, process.env, signal)),
    await auditCheck(paths.dir),
  ];
  const known = await knownStack(paths);
  // The scheduler of a stack that runs has the store for itself, and answers for it below.
  const dead = known.kind === 'confirmed' ? await deadDaemons(known.state) : DAEMON_NAMES;
  if (dead.includes('scheduler')) checks.push(await storeCheck(programRoot, signal));
  // Of a stack that is not confirmed nothing is asked: no process, no port, no file that it names.
  if (known.kind === 'unusable') {
    const { message, why, next } = known.error;
    return report([...checks, fail('dev.json', why === undefined ? message : `${message} ${why}`, next ?? RESTART)]);
  }
  if (known.kind === 'none') {
    return report([...checks, fail('dev.json', 'the local stack does not run', 'Start it: grafos dev up')]);
  }
  const { state } = known;
  checks.push(ok('dev.json', `started ${state.started_at}`), installCheck(state));
  for (const name of DAEMON_NAMES) {
    const { pid, log } = state.daemons[name];
    checks.push(
      dead.includes(name)
        ? fail(name, `process ${pid} ended`, `${RESTART} (its log: ${log})`)
        : ok(name, `process ${pid}`),
    );
  }
  checks.push(watchCheck(paths));
  checks.push(deathsCheck(paths));
  checks.push(...(await trustChecks(paths, state)));
  checks.push(...(await schedulerChecks(programRoot, state, signal)));
  checks.push(await portCheck('mem-dataplane', new URL(state.fabric.mem_dataplane), state));
  checks.push(await helperCheck(state, signal));
  return report(checks);
}

function report(checks: Check[]): DoctorReport {
  return { ok: checks.every(({ status }) => status !== 'fail'), checks };
}

function nodeCheck(): Check {
  return ok('node', `${process.version} on ${process.platform}-${process.arch}`);
}

/**
 * Checks the installation that the stack was started from: a daemon loads more of its files later.
 */
function installCheck({ grafos, started_at }: DevState): Check {
  const name = 'version';
  const warn = (message: string, next: string): Check => ({ name, status: 'warn', message, next });
  if (grafos === undefined) return warn('the stack was started by an earlier grafos', RESTART);
  const { version, path } = grafos;
  const entry = join(path, 'dist', 'daemons', 'fabricbiosd.js');
  const built = statSync(entry, { throwIfNoEntry: false });
  if (built === undefined) {
    const what = `the grafos ${version} that started the stack is no longer installed in ${path}`;
    return fail(name, what, `${RESTART} (until then runs end as soon as a new worker is needed)`);
  }
  if (version !== packageVersion() || path !== packageRoot)
    return warn(
      `the stack was started by grafos ${version} in ${path}; this is ${packageVersion()} in ${packageRoot}`,
      RESTART,
    );
  if (built.mtimeMs > Date.parse(started_at))
    return warn(`grafos ${version} was installed again after the stack was started`, RESTART);
  return ok(name, `${version} in ${path}`);
}

/**
 * Checks the events of the file system. Without them the daemons end up to two seconds after
 * `dev.json`.
 */
function watchCheck({ dir }: StackPaths): Check {
  const watching = watchFolder(dir, () => {});
  watching.close();
  if (watching.looks === undefined) return ok('file-events', dir);
  return {
    name: 'file-events',
    status: 'warn',
    message: `the daemons look at dev.json every two seconds: ${watching.looks}`,
    next:
      eventlessFolder(dir) === undefined
        ? 'Raise fs.inotify.max_user_watches and max_user_instances, or close another program that watches files.'
        : null,
  };
}

/** Deaths of the cell that its scheduler noticed since the stack was started. */
function deathsCheck({ dir }: StackPaths): Check {
  const name = 'cell-deaths';
  let known: CellDeaths | null = null;
  try {
    known = JSON.parse(StateFolder.findAt(dir)?.readText(CELL_DEATHS_FILE) ?? 'null');
  } catch {
    // The file is being written, or is foreign: it says nothing.
  }
  const last = known?.deaths?.at(-1);
  if (known === null || last === undefined) return ok(name, 'none');
  const times = known.deaths.length === 1 ? 'once' : `${known.deaths.length} times`;
  const suspects = known.suspects.map((sha256) => sha256.slice(0, 12)).join(', ');
  return {
    name,
    status: 'warn',
    message:
      `the cell died ${times}, last at ${last.at}: ${last.why}; ` +
      (last.restarted_pid === null ? 'it could not be started again' : 'it was started again') +
      (suspects === '' ? '' : `; modules set aside: ${suspects}`),
    next: suspects === '' ? null : 'A new start takes the modules again: grafos dev up',
  };
}

/** Without the native half of QUIC everything works, over TCP. */
function quicCheck(): Check {
  try {
    createRequire(import.meta.url).resolve(`@matrixai/quic-${process.platform}-${process.arch}/package.json`);
    return ok('quic', 'native binding installed');
  } catch {
    return {
      name: 'quic',
      status: 'warn',
      message: `no native binding for ${process.platform}-${process.arch}: fabric control runs over TCP`,
      next: null,
    };
  }
}

/**
 * Checks UDP on loopback. Packet filters and VPN clients often stop it; then fabric control uses
 * TCP.
 */
async function udpCheck(): Promise<Check> {
  if (await udpGetsThrough()) return ok('udp', 'gets through on loopback');
  return {
    name: 'udp',
    status: 'warn',
    message: 'no UDP gets through on loopback, which QUIC needs: fabric control runs over TCP',
    next: 'Nothing, or let the packet filter pass UDP on 127.0.0.1. A stack that was started with --transport quic: grafos dev up --transport tcp',
  };
}

async function writableCheck(programRoot: string): Promise<Check> {
  const dir = join(programRoot, STATE_NAME);
  try {
    const owner = stateOwner(programRoot);
    if (owner.kind === 'foreign') {
      return {
        name: 'state-folder',
        status: 'warn',
        message: `${dir} was not made by this user on this machine; it is ignored. ${owner.why}`,
        next: 'Set it aside and make a new one: grafos dev up',
      };
    }
    await access(
      await stat(dir).then(
        () => dir,
        () => programRoot,
      ),
      constants.W_OK,
    );
    return roomCheck(dir, programRoot);
  } catch (error) {
    if (error instanceof GrafosError && error.code === 'state_unsafe')
      return fail('state-folder', `${error.message} ${error.why}`, error.next ?? 'Move it away.');
    // The words and the next step are those of `dev up`.
    const known = fileError(error, `The state of the program cannot be kept in ${dir}`);
    return known instanceof GrafosError
      ? fail('state-folder', known.message, known.next ?? RESTART)
      : fail('state-folder', `${dir} cannot be written: ${messageOf(error)}`, 'Check its owner and mode.');
  }
}

/**
 * Checks the free space: a run writes its input, output and log, and two lines of the audit log.
 */
function roomCheck(dir: string, programRoot: string): Check {
  const { bavail, bsize } = statfsSync(existsSync(dir) ? dir : programRoot);
  const free = bavail * bsize;
  if (free >= ROOM_BYTES) return ok('state-folder', dir);
  return fail(
    'state-folder',
    `${dir} has ${formatSize(free)} of space left on its disk`,
    'Free some space on that disk.',
  );
}

/** Follows the whole audit log of the program's stack, whether or not it runs. */
async function auditCheck(dir: string): Promise<Check> {
  try {
    const { records, faults } = await verifyAudit(dir);
    const [fault] = auditFaults(faults);
    if (fault === undefined) return ok('audit-log', `${records} records, each linked to the one before`);
    const { what, next } = auditFaultText(dir, fault);
    return { name: 'audit-log', status: 'fail', message: what, next };
  } catch (error) {
    return fail('audit-log', messageOf(error), error instanceof GrafosError ? (error.next ?? RESTART) : RESTART);
  }
}

/** Looks at the store of a stack that does not run: a damaged one would keep it from starting. */
async function storeCheck(programRoot: string, signal: AbortSignal): Promise<Check> {
  const name = 'store';
  try {
    const look = await lookAtStore(programRoot, signal, ANSWER_MS);
    if (look.kind === 'damaged') {
      const { message, why, next } = look.error;
      return fail(name, why === undefined ? message : `${message} ${why}`, next ?? RESTART);
    }
    return ok(name, STORE_TEXT[look.kind]);
  } catch (error) {
    signal.throwIfAborted();
    return fail(name, messageOf(error), error instanceof GrafosError ? (error.next ?? RESTART) : RESTART);
  }
}

const STORE_TEXT = {
  whole: 'whole',
  none: 'none yet; the first start makes it',
  'in-use': 'another scheduler has it open',
  'too-large': `opens; all of it was not read within ${ANSWER_MS / 1000} s`,
} as const;

async function trustChecks(paths: StackPaths, state: DevState): Promise<Check[]> {
  try {
    const certificate = new X509Certificate(await readFile(state.tenant_cert));
    const expires = certificate.validToDate;
    const left = expires.getTime() - Date.now();
    if (left <= 0) return [fail('trust', `the certificates expired on ${expires.toISOString()}`, RESTART)];
    if (certificate.validFromDate.getTime() > Date.now())
      return [fail('trust', 'the certificates are of the future: the clock was set back', RESTART)];
    const { mode } = await stat(state.tenant_key);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      if (keepsNoModes(paths)) {
        return [
          {
            name: 'trust',
            status: 'warn',
            message: `${paths.trust} lies on a file system that keeps no modes: others on this machine can read its keys`,
            next: 'Where that matters, move the program to a disk that has owners and modes.',
          },
        ];
      }
      return [fail('trust', `${state.tenant_key} can be read by others (mode ${(mode & 0o777).toString(8)})`, RESTART)];
    }
    return [ok('trust', `valid until ${expires.toISOString()}`)];
  } catch (error) {
    return [fail('trust', `${paths.trust}: ${messageOf(error)}`, RESTART)];
  }
}

/**
 * Says whether the file system keeps no modes. Finding a folder of state closes it to others, so
 * one that is still open cannot be closed.
 */
function keepsNoModes({ trust }: StackPaths): boolean {
  const folder = StateFolder.findAt(trust);
  return folder !== undefined && (statSync(folder.path).mode & 0o077) !== 0;
}

async function schedulerChecks(programRoot: string, state: DevState, signal: AbortSignal): Promise<Check[]> {
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
  let client: (SchedulerClient & Disposable) | undefined;
  try {
    client = await connectTarget(await resolveProvider(programRoot, 'local'), bounded);
    const health = await client.health({ signal: bounded });
    const checks = [ok('scheduler-health', `${state.scheduler_url}, ${health.role}`)];
    checks.push(
      isHealthy(health)
        ? ok('cell', `${health.cell?.cell_id}, over ${health.cell?.transport}, last heartbeat ${health.last_heartbeat}`)
        : fail(
            'cell',
            health.cell === null ? 'the cell is not connected' : `the scheduler is ${health.role} and ${health.status}`,
            (await udpGetsThrough()) ? RESTART : `${RESTART} --transport tcp (no UDP gets through here)`,
          ),
    );
    const tenants = await client.tenants({ signal: bounded });
    checks.push(
      tenants.some(({ name }) => name === state.tenant_name)
        ? ok('tenant', state.tenant_name)
        : fail('tenant', `${state.tenant_name} is not registered`, RESTART),
    );
    return checks;
  } catch (error) {
    signal.throwIfAborted();
    return [
      bounded.aborted
        ? fail('scheduler-health', `${state.scheduler_url} does not answer within ${ANSWER_MS / 1000} s`, RESTART)
        : fail('scheduler-health', messageOf(error), error instanceof GrafosError ? (error.next ?? RESTART) : RESTART),
    ];
  } finally {
    client?.close();
  }
}

/** Somebody listens there; who it is, only a client with a capability can tell. */
async function portCheck(name: string, url: URL, state: DevState): Promise<Check> {
  // HTTP/3 is UDP, where an open port cannot be seen from outside.
  if (state.fabric.mem_dataplane_transport === 'http3') return ok(name, url.href);
  return new Promise<Check>((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), timeout: ANSWER_MS });
    const end = (check: Check) => {
      socket.destroy();
      resolve(check);
    };
    socket.once('connect', () => end(ok(name, url.href)));
    socket.once('timeout', () => end(fail(name, `${url.href} does not answer`, RESTART)));
    socket.once('error', (error) => end(fail(name, `${url.href}: ${error.message}`, RESTART)));
  });
}

async function helperCheck(state: DevState, signal: AbortSignal): Promise<Check> {
  try {
    const status = await helperAnswers(state.helper.url, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    return status === 200
      ? ok('helper-http', state.helper.url)
      : fail('helper-http', `${state.helper.url} answers ${status}`, RESTART);
  } catch (error) {
    signal.throwIfAborted();
    return fail('helper-http', `${state.helper.url} does not answer: ${messageOf(error)}`, RESTART);
  }
}

function ok(name: string, message: string): Check {
  return { name, status: 'ok', message, next: null };
}

function fail(name: string, message: string, next: string): Check {
  return { name, status: 'fail', message, next };
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error instanceof Error ? `${error.message}${cause}` : String(error);
}
