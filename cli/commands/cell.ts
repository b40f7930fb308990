import { GrafosError } from '../../base/grafosError.ts';
import { LEAF_DAYS_MAX } from '../../daemons/wire/peerRole.ts';
import { cellFolderPath } from '../../toolchain/cell/cellFolder.ts';
import type { CellStatus } from '../../toolchain/cell/cellStatus.ts';
import type { InitedCell } from '../../toolchain/cell/initCell.ts';
import type { RenewalSource } from '../../toolchain/cell/renewCell.ts';
import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { readAuthority } from '../../toolchain/trust/readAuthority.ts';
import { BY_HAND, readPem } from '../../toolchain/trust/readPem.ts';
import { boundsOf, choice, countOption, daysOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { outputFile } from '../outputFile.ts';
import type { Paint } from '../printedLine.ts';
import { timeText } from '../text.ts';

interface InitGiven {
  state?: string;
  cellId?: string;
  provider?: string;
  region?: string;
  host?: string[];
  listen: string;
  port: string;
  memoryPort: string;
  controlPort: string;
  memCapacity: string;
  ca?: string;
  caKey?: string;
  days: string;
  cert?: string;
}

export async function init({ out, signal }: CommandContext, given: InitGiven): Promise<void> {
  const { takeAnswer } = await import('../../toolchain/cell/initCell.ts');
  const path = cellFolderPath(given.state);
  const inited =
    given.cert === undefined
      ? await makeCell(path, given, signal)
      : await takeAnswer(path, (await readPem(BY_HAND, given.cert)).text, signal);
  const state = given.state === undefined ? '' : ` --state ${inited.state}`;
  out.result(inited, (paint) =>
    inited.ready
      ? [`${paint('green', 'ready')}  ${inited.cell_id} in ${inited.state}`, `  next: grafos cell run${state}`]
      : [
          `${paint('yellow', 'waits')}  ${inited.cell_id} in ${inited.state} needs its certificates`,
          `  request  ${inited.request}`,
          '  next: sign it where the CA is: grafos cell sign request.pem --help',
          `  then: grafos cell init --cert answer.pem${state}`,
        ],
  );
}

async function makeCell(path: string, given: InitGiven, signal: AbortSignal): Promise<InitedCell> {
  const days = daysOption(given.days, LEAF_DAYS_MAX);
  const config = {
    version: 1 as const,
    cell_id: needed('--cell-id', given.cellId),
    provider: choice('--provider', needed('--provider', given.provider), CLOUD_PROVIDERS),
    region: needed('--region', given.region),
    hosts: needed('--host', given.host),
    listen: given.listen,
    ports: {
      scheduler: countOption('--port', given.port, 65_535, 1),
      memory: countOption('--memory-port', given.memoryPort, 65_535, 1),
      control: countOption('--control-port', given.controlPort, 65_535, 1),
    },
    mem_capacity: sizeOption('--mem-capacity', given.memCapacity, boundsOf('stack', 'memory')),
  };
  const { ca, caKey } = given;
  const issuer =
    ca === undefined && caKey === undefined
      ? undefined
      : { authority: await readAuthority(needed('--ca', ca), needed('--ca-key', caKey), days), days };
  const { initCell } = await import('../../toolchain/cell/initCell.ts');
  return await initCell(path, config, issuer, signal);
}

function needed<Value>(flag: string, value: Value | undefined): Value {
  if (value !== undefined) return value;
  throw new GrafosError('wrong_usage', `${flag} is missing.`, {
    next: 'Give --cell-id, --provider, --region and --host; or --cert with the answer to a request. --ca and --ca-key go together.',
  });
}

interface SignGiven {
  request: string;
  cellId: string;
  host: string[];
  ca: string;
  caKey: string;
  out: string;
  days: string;
}

export async function sign({ cwd, out }: CommandContext, given: SignGiven): Promise<void> {
  const { signCellRequest } = await import('../../toolchain/cell/signCellRequest.ts');
  const { saveBytes } = await import('../../toolchain/files/saveBytes.ts');
  const fault = 'The answer cannot be written';
  const file = outputFile(cwd, '--out', given.out, fault);
  const days = daysOption(given.days, LEAF_DAYS_MAX);
  const authority = await readAuthority(given.ca, given.caKey, days);
  const { text: request } = await readPem(BY_HAND, given.request);
  const signed = signCellRequest({ request, authority, cellId: given.cellId, hosts: given.host, days });
  await saveBytes(file, Buffer.from(signed.answer), fault);
  const value = { file: given.out, cell_id: given.cellId, not_after: signed.notAfter.toISOString() };
  out.result(value, (paint) => [
    `${paint('green', 'signed')}  ${value.cell_id} for ${given.host.join(', ')}, until ${value.not_after}`,
    `  answer  ${value.file}`,
    '  next, on the machine of the cell: grafos cell init --cert answer.pem',
  ]);
}

const EXIT = { running: 0, unhealthy: 1, stopped: 3 } as const;
const STYLE = { running: 'green', unhealthy: 'red', stopped: 'dim' } as const;

export async function status({ out }: CommandContext, given: { state?: string }): Promise<number> {
  const { cellStatus } = await import('../../toolchain/cell/cellStatus.ts');
  const seen = await cellStatus(cellFolderPath(given.state));
  out.result(seen, (paint) => statusLines(seen, paint));
  return EXIT[seen.state];
}

function statusLines(status: CellStatus, paint: Paint): string[] {
  const { state, cell_id, provider, region, hosts, ports, certificates, notes, running } = status;
  const shown = [
    `${paint(STYLE[state], state)}  ${cell_id} of ${provider} in ${region}`,
    `  reached at   https://${hosts[0]}:${ports.scheduler}, memory at port ${ports.memory}`,
    `  state        ${status.folder}`,
  ];
  for (const { name, pid, since, restarts } of running?.daemons ?? []) {
    const restarted = restarts === 0 ? '' : `, started again ${restarts} times`;
    shown.push(
      `  ${name.padEnd(12)} ${pid === null ? 'does not run' : `process ${pid} since ${timeText(since ?? '')}`}${restarted}`,
    );
  }
  const scheduler = running?.scheduler;
  if (scheduler) {
    const link = scheduler.cell === null ? 'no link to the cell' : `linked over ${scheduler.cell.transport}`;
    shown.push(
      `  runs         ${scheduler.runs_active} under way, ${scheduler.runs_kept} kept; ${scheduler.role}, ${link}`,
    );
  }
  for (const { name, not_after } of certificates) shown.push(`  certificate  ${name} until ${not_after}`);
  for (const note of notes) shown.push(`  ${paint('yellow', 'note')}         ${note}`);
  if (state === 'stopped') shown.push('  next: grafos cell run, or start its service');
  return shown;
}

interface RenewGiven {
  state?: string;
  ca?: string;
  caKey?: string;
  days: string;
  cert?: string;
}

export async function renew({ out, signal }: CommandContext, given: RenewGiven): Promise<void> {
  const { renewCell } = await import('../../toolchain/cell/renewCell.ts');
  const renewed = await renewCell(cellFolderPath(given.state), await sourceOf(given), signal);
  out.result(renewed, (paint) => {
    if (renewed.request !== null)
      return [
        `${paint('yellow', 'waits')}  ${renewed.cell_id} keeps its certificates until the answer is there`,
        `  request  ${renewed.request}`,
        '  next: sign it where the CA is: grafos cell sign request.pem --help',
        '  then: grafos cell renew --cert answer.pem',
      ];
    const taken = renewed.reported
      ? 'the running cell takes them: the scheduler at once, fabricbiosd in a moment without runs'
      : 'the cell does not run, and takes them at its next start';
    return [`${paint('green', 'renewed')}  ${renewed.cell_id} until ${renewed.not_after}`, `  ${taken}`];
  });
}

async function sourceOf({ ca, caKey, days, cert }: RenewGiven): Promise<RenewalSource> {
  if (cert !== undefined) return { answer: (await readPem(BY_HAND, cert)).text };
  if (ca === undefined && caKey === undefined) return undefined;
  if (ca === undefined || caKey === undefined)
    throw new GrafosError('wrong_usage', '--ca and --ca-key go together.', {
      next: 'Give both, or neither to make a signing request.',
    });
  const count = daysOption(days, LEAF_DAYS_MAX);
  return { authority: await readAuthority(ca, caKey, count), days: count };
}
