import { GrafosError } from '../../base/grafosError.ts';
import { isHostPort } from '../../daemons/peers/requestHost.ts';
import { STACK_NAME_CHARACTERS, STACK_NAMES_MAX } from '../../daemons/wire/devState.ts';
import { PEER_NAME } from '../../daemons/wire/peerRole.ts';
import { loadProgram } from '../../program/loadProgram.ts';
import { formatSize, sizeText } from '../../program/size.ts';
import { readAccount, tenantName } from '../../toolchain/account/account.ts';
import { devUp } from '../../toolchain/stack/devUp.ts';
import { DEFAULT_MEM_CAPACITY } from '../../toolchain/stack/stackRequest.ts';
import { countOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { timeText } from '../text.ts';

interface Given {
  memCapacity?: string;
  transport?: 'auto' | 'quic' | 'tcp';
  fabricPort?: string;
  memPort?: string;
  schedulerPort?: string;
  helperPort?: string;
  helperHost?: string[];
  tenant?: string[];
}

/** Leaves out ports that no option names, so that those of `[stack]` hold for them. */
function givenPorts(ports: Record<string, number | undefined>): Record<string, number | undefined> {
  return Object.fromEntries(Object.entries(ports).filter(([, value]) => value !== undefined));
}

function tenantOption(name: string, own: string): string {
  if (PEER_NAME.test(name) && name !== own) return name;
  throw new GrafosError('wrong_usage', `--tenant cannot be "${name}".`, {
    next: `Give 1 to 63 of a-z 0-9 . _ -, a letter or digit first, and not ${own}, which is your own.`,
  });
}

/** The helper compares names exactly, and browsers send them in lower case. */
function hostOption(text: string): string {
  const host = text.toLowerCase();
  if (host.length <= STACK_NAME_CHARACTERS && isHostPort(host)) return host;
  throw new GrafosError('wrong_usage', `--helper-host cannot be "${text}".`, {
    next: 'Give a host name, with its port where the address has one: name.example.dev or localhost:12345.',
  });
}

/** @throws {GrafosError} wrong_usage */
function fewNames(flag: string, names: readonly string[] = []): readonly string[] {
  if (names.length <= STACK_NAMES_MAX) return names;
  throw new GrafosError('wrong_usage', `${flag} is given ${names.length} times.`, {
    next: `Give it at most ${STACK_NAMES_MAX} times.`,
  });
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const program = loadProgram(cwd);
  const port = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : countOption(flag, text, 65_535);
  const ports = {
    fabric: port('--fabric-port', given.fabricPort),
    mem: port('--mem-port', given.memPort),
    scheduler: port('--scheduler-port', given.schedulerPort),
    helper: port('--helper-port', given.helperPort),
  };
  const { stack } = program.manifest;
  const memCapacity =
    given.memCapacity === undefined
      ? (stack?.memory_bytes ?? DEFAULT_MEM_CAPACITY)
      : sizeOption('--mem-capacity', given.memCapacity);
  const own = tenantName(await readAccount());
  const { state, replaced, kept, ended, warning, duration_ms } = await devUp(program.root, {
    memCapacity,
    transport: given.transport ?? stack?.transport ?? 'auto',
    ports: Object.fromEntries(
      Object.entries({ ...stack?.ports, ...givenPorts(ports) }).filter(([, value]) => value !== 0),
    ),
    manifestPorts: (['fabric', 'mem', 'scheduler', 'helper'] as const).filter((name) => ports[name] === undefined),
    tenant: own,
    tenants: fewNames('--tenant', given.tenant).map((name) => tenantOption(name, own)),
    helperHosts: fewNames('--helper-host', given.helperHost).map(hostOption),
    keepsUnchanged: true,
    signal,
    progress: (text) => out.progress(text),
  });
  if (warning !== null) out.warn(`${warning} A new stack was started.`);
  const largest = program.manifest.tasklets.toSorted((a, b) => b.mem_bytes - a.mem_bytes)[0];
  if (largest !== undefined && largest.mem_bytes > memCapacity) {
    out.warn(
      `tasklet ${largest.name} leases ${formatSize(largest.mem_bytes)} of fabric memory, more than the pool of ${formatSize(memCapacity)}: its local deploys will be refused.`,
      `  next: grafos dev up --mem-capacity ${sizeText(largest.mem_bytes)}`,
    );
  }
  const ms = Math.round(duration_ms);
  const how = kept
    ? `unchanged: it has run since ${timeText(state.started_at)}`
    : `${replaced ? 'restarted' : 'started'} in ${ms} ms`;
  out.result({ ...state, replaced, kept, ended, warning, duration_ms: ms }, (paint) => [
    `${paint('green', 'running')}  ${state.cell_id} ${paint('dim', how)}`,
    `  fabricbiosd  ${state.fabric.transport} ${state.fabric.control}, ${formatSize(state.fabric.mem_capacity)} of fabric memory`,
    `  scheduler    ${state.scheduler_url} as ${state.tenant_name}`,
    `  helper       ${state.helper.url} ${paint('dim', '(dashboard; its link: grafos dev status --bearer)')}`,
  ]);
}
