import { GrafosError } from '../../base/grafosError.ts';
import { readAccount, tenantName } from '../../toolchain/account/account.ts';
import { cellKeys } from '../../toolchain/cloud/cellKeys.ts';
import { checkedCellName } from '../../toolchain/cloud/cellName.ts';
import { readJournal } from '../../toolchain/cloud/cloudJournal.ts';
import { networkFrom } from '../../toolchain/cloud/networkFrom.ts';
import { makingProvider, openCloud } from '../../toolchain/cloud/openCloud.ts';
import { type CellPlan, planCell } from '../../toolchain/cloud/planCell.ts';
import { provisionCell } from '../../toolchain/cloud/provisionCell.ts';
import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import { askYesNo } from '../ask.ts';
import { cloudPlanFacts } from '../cloudPlanFacts.ts';
import type { CommandContext } from '../command.ts';
import { givenCa } from '../givenCa.ts';
import type { Output } from '../output.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  provider: string;
  name: string;
  region?: string;
  size?: string;
  from?: string;
  ca?: string;
  caKey?: string;
  plan?: boolean;
  yes?: boolean;
  steps?: boolean;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const provider = makingProvider(choice('<provider>', given.provider, CLOUD_PROVIDERS));
  const name = checkedCellName(given.name);
  const ownCa = givenCa(given);
  const programRoot = programRootOf(cwd);
  const journal = readJournal(programRoot, provider, name);
  using cloud = await openCloud(provider, given.region ?? journal?.regions.at(-1));
  out.progress(`asking ${provider}`);
  const from = await networkFrom(given.from, signal);
  const plan = await planCell(cloud, { name, size: given.size ?? journal?.size, from }, { signal });
  if (given.plan) {
    out.result(plan, () => cloudPlanFacts(plan).map(([fact, value]) => `${fact.padEnd(8)}${value}`));
    return;
  }
  await confirm(out, plan, given.yes === true, signal);
  const tenant = tenantName(await readAccount());
  const keys = await cellKeys(provider, name, tenant, ownCa);
  const report = (text: string) => (given.steps ? out.note(text) : out.progress(text));
  const adopted = await provisionCell(cloud, { programRoot, plan, keys, tenant, from, signal, report });
  out.result({ ...adopted, name, keys: keys.folder }, (paint) => [
    `${paint('green', 'ready')}  ${adopted.cell_id} of ${provider} in ${adopted.region}`,
    `  ${adopted.cell.scheduler_url}, open to ${from}`,
    `  its keys are in ${keys.folder}`,
    `  next: grafos deploy run --provider ${provider}`,
    `  away again: grafos cloud destroy ${provider} --name ${name}`,
  ]);
}

async function confirm(out: Output, plan: CellPlan, isYes: boolean, signal: AbortSignal): Promise<void> {
  const facts = cloudPlanFacts(plan);
  if (isYes) {
    if (!out.json) out.note(...facts.map(([fact, value]) => `  ${fact.padEnd(8)}${value}`));
    return;
  }
  const answer = await askYesNo(out, 'Make this cell? It costs money until it is destroyed.', facts, signal);
  if (answer === true) return;
  throw new GrafosError('cloud_not_confirmed', 'Nothing was made.', {
    why: answer === undefined ? 'There is no terminal to ask at.' : 'The answer was no.',
    next: 'Look at the plan (--plan), then say --yes.',
  });
}
