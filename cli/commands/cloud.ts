import { GrafosError } from '../../base/grafosError.ts';
import type { CellCloud } from '../../toolchain/cloud/cellCloud.ts';
import { checkedCellName } from '../../toolchain/cloud/cellName.ts';
import { type CloudJournal, readJournal, readJournals } from '../../toolchain/cloud/cloudJournal.ts';
import type { CloudCellStatus } from '../../toolchain/cloud/cloudStatus.ts';
import { makingProvider, openCloud } from '../../toolchain/cloud/openCloud.ts';
import { CLOUD_PROVIDERS, cellNameOf, checkedName, readCloudCells } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import type { Paint } from '../printedLine.ts';
import { programRootOf } from '../programRootOf.ts';

interface AdoptGiven {
  provider: string;
  scheduler: string;
  ca: string;
  cert: string;
  key: string;
  tenant: string;
  name?: string;
}

export async function adopt({ cwd, out, signal }: CommandContext, given: AdoptGiven): Promise<void> {
  const { adoptCell } = await import('../../toolchain/deploy/adoptCell.ts');
  const provider = choice('<provider>', given.provider, CLOUD_PROVIDERS);
  out.progress(`asking ${given.scheduler}`);
  const adopted = await adoptCell(
    programRootOf(cwd),
    provider,
    {
      scheduler_url: given.scheduler,
      tenant_name: given.tenant,
      ca_cert: given.ca,
      tenant_cert: given.cert,
      tenant_key: given.key,
      ...(given.name === undefined ? {} : { name: checkedName(given.name) }),
    },
    signal,
  );
  out.result(adopted, (paint) => [
    `${paint('green', 'adopted')}  ${adopted.cell_id} of ${provider} in ${adopted.region}`,
    `  its name is ${cellNameOf(adopted.cell)}, for --cell; written to ${adopted.file}`,
    `  next: grafos deploy run --provider ${provider} (asks once before the first deploy; --yes in scripts)`,
  ]);
}

export async function remove(
  { cwd, out }: CommandContext,
  given: { provider: string; scheduler: string },
): Promise<void> {
  const { removeCell } = await import('../../toolchain/deploy/removeCell.ts');
  const { keptKeyName } = await import('../../toolchain/deploy/keptKeys.ts');
  const provider = choice('<provider>', given.provider, CLOUD_PROVIDERS);
  const root = programRootOf(cwd);
  const cells = await readCloudCells(root, provider);
  const cell = cells.find(({ scheduler_url: url }) => isSameUrl(url, given.scheduler));
  if (cell === undefined) {
    const urls = cells.map(({ scheduler_url: url }) => url).join(', ');
    throw new GrafosError('cell_unknown', `${provider} has no cell at ${given.scheduler}.`, {
      next: urls === '' ? `This program has no cell of ${provider}.` : `Its cells are at: ${urls}.`,
    });
  }
  await removeCell(root, provider, cell);
  const { scheduler_url, ca_cert, tenant_cert, tenant_key } = cell;
  const isKept = keptKeyName(tenant_key) !== undefined;
  out.result({ provider, scheduler_url, left: [ca_cert, tenant_cert, ...(isKept ? [] : [tenant_key])] }, (paint) => [
    `${paint('green', 'removed')}  ${scheduler_url} of ${provider}`,
    '  The files of its certificates stay where they are.',
    isKept ? '  Its key stays in the secret storage of the editor that keeps it.' : `  So does its key: ${tenant_key}`,
  ]);
}

/** Compares addresses as URLs, so that a slash at the end makes no difference. */
function isSameUrl(url: string, given: string): boolean {
  return url === given || (URL.canParse(url) && URL.canParse(given) && new URL(url).href === new URL(given).href);
}

export async function status({ cwd, out, signal }: CommandContext, given: { name?: string }): Promise<number> {
  const programRoot = programRootOf(cwd);
  const journals = readJournals(programRoot).filter(({ name }) => given.name === undefined || name === given.name);
  const cells: CloudCellStatus[] = [];
  for (const journal of journals) {
    out.progress(`asking ${journal.provider} for ${journal.name}`);
    cells.push(await statusOf(programRoot, journal, signal));
  }
  out.result(cells, (paint) =>
    cells.length === 0
      ? ['no cell was made from here; those of an account: grafos cloud list aws']
      : cells.flatMap((cell) => linesOf(cell, paint)),
  );
  return cells.every(({ healthy }) => healthy) ? 0 : 3;
}

async function statusOf(programRoot: string, journal: CloudJournal, signal: AbortSignal): Promise<CloudCellStatus> {
  const { cloudStatus } = await import('../../toolchain/cloud/cloudStatus.ts');
  using cloud = await openCloud(journal.provider, journal.regions.at(-1));
  return await cloudStatus(programRoot, cloud, journal, signal);
}

function linesOf(cell: CloudCellStatus, paint: Paint): string[] {
  const state = cell.healthy
    ? paint('green', 'ready')
    : paint('red', cell.cloud.state === 'made' ? 'ill' : cell.cloud.state);
  return [
    `${cell.name} of ${cell.provider}  ${state}  ${cell.region}`,
    `  address      ${cell.url ?? 'none yet'}`,
    `  version      ${cell.version ?? 'unknown'}`,
    `  heartbeat    ${cell.last_heartbeat ?? 'none'}`,
    `  certificate  ${cell.certificate_ends === null ? 'unknown' : `until ${cell.certificate_ends}`}`,
    ...(cell.next === null ? [] : [`  next: ${cell.next}`]),
  ];
}

interface DestroyGiven {
  provider: string;
  name: string;
  region?: string;
  force?: boolean;
  yes?: boolean;
  steps?: boolean;
}

export async function destroy({ cwd, out, signal }: CommandContext, given: DestroyGiven): Promise<number> {
  const { destroyCell } = await import('../../toolchain/cloud/destroyCell.ts');
  const { askLine } = await import('../ask.ts');
  const provider = makingProvider(choice('<provider>', given.provider, CLOUD_PROVIDERS));
  const name = checkedCellName(given.name);
  const programRoot = programRootOf(cwd);
  await using opened = new AsyncDisposableStack();
  const clouds: CellCloud[] = [];
  for (const region of regionsOf(given.region, readJournal(programRoot, provider, name)?.regions)) {
    clouds.push(opened.use(await openCloud(provider, region)));
  }
  const account = await clouds[0]?.account({ signal });
  const facts = [
    ['cell', `${name} of ${provider}`],
    ['account', account?.account ?? ''],
    ['as', account?.principal ?? ''],
    ['regions', clouds.map(({ region }) => region).join(', ')],
    ['removes', 'its machine, its disk with all runs, and all that was made for it'],
  ] as const;
  if (given.yes !== true) {
    const typed = await askLine(out, 'Type the name of the cell to destroy it:', facts, signal);
    if (typed !== name) {
      throw new GrafosError('cloud_not_confirmed', 'Nothing was removed.', {
        why: typed === undefined ? 'There is no terminal to ask at.' : 'The name was not typed.',
        next: 'Run it at a terminal, or say --yes.',
      });
    }
  }
  const report = (text: string) => (given.steps ? out.note(text) : out.progress(text));
  const destroyed = await destroyCell(clouds, { programRoot, name, force: given.force === true, signal, report });
  out.result(destroyed, (paint) =>
    destroyed.left.length === 0
      ? [`${paint('green', 'destroyed')}  ${name} of ${provider}: nothing is left in ${destroyed.regions.join(', ')}`]
      : [
          `${paint('red', 'left')}  of ${name} in ${provider}:`,
          ...destroyed.left.map((one) => `  ${one.type}  ${one.name}  ${one.region}`),
          `  next: remove them in the console of ${provider}, or run this again`,
        ],
  );
  return destroyed.left.length === 0 ? 0 : 1;
}

/** Every region that the notes name; the wanted one first. */
function regionsOf(wanted: string | undefined, noted: readonly string[] = []): Array<string | undefined> {
  const regions = new Set([...(wanted === undefined ? [] : [wanted]), ...noted.toReversed()]);
  return regions.size === 0 ? [undefined] : [...regions];
}
