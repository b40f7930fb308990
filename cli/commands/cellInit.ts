import { GrafosError } from '../../base/grafosError.ts';
import { cellFolderPath } from '../../toolchain/cell/cellFolder.ts';
import { type InitedCell, initCell, takeAnswer } from '../../toolchain/cell/initCell.ts';
import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { readAuthority } from '../../toolchain/trust/readAuthority.ts';
import { BY_HAND, readPem } from '../../toolchain/trust/readPem.ts';
import { choice, countOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
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

export async function run({ out, signal }: CommandContext, given: Given): Promise<void> {
  const path = cellFolderPath(given.state);
  const inited =
    given.cert === undefined
      ? await make(path, given, signal)
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

async function make(path: string, given: Given, signal: AbortSignal): Promise<InitedCell> {
  const days = countOption('--days', given.days, undefined, 1);
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
    mem_capacity: sizeOption('--mem-capacity', given.memCapacity),
  };
  const { ca, caKey } = given;
  const issuer =
    ca === undefined && caKey === undefined
      ? undefined
      : { authority: await readAuthority(needed('--ca', ca), needed('--ca-key', caKey), days), days };
  return await initCell(path, config, issuer, signal);
}

function needed<Value>(flag: string, value: Value | undefined): Value {
  if (value !== undefined) return value;
  throw new GrafosError('wrong_usage', `${flag} is missing.`, {
    next: 'Give --cell-id, --provider, --region and --host; or --cert with the answer to a request. --ca and --ca-key go together.',
  });
}
