import { GrafosError } from '../../base/grafosError.ts';
import type { CellCloud } from '../../toolchain/cloud/cellCloud.ts';
import { checkedCellName } from '../../toolchain/cloud/cellName.ts';
import { readJournal } from '../../toolchain/cloud/cloudJournal.ts';
import { destroyCell } from '../../toolchain/cloud/destroyCell.ts';
import { makingProvider, openCloud } from '../../toolchain/cloud/openCloud.ts';
import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import { askLine } from '../askLine.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  provider: string;
  name: string;
  region?: string;
  force?: boolean;
  yes?: boolean;
  steps?: boolean;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<number> {
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

/** Every region that the notes name; the asked one first. */
function regionsOf(asked: string | undefined, noted: readonly string[] = []): Array<string | undefined> {
  const regions = new Set([...(asked === undefined ? [] : [asked]), ...noted.toReversed()]);
  return regions.size === 0 ? [undefined] : [...regions];
}
