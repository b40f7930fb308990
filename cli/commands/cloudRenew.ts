import { readAccount, tenantName } from '../../toolchain/account/account.ts';
import { cellKeys } from '../../toolchain/cloud/cellKeys.ts';
import { checkedCellName } from '../../toolchain/cloud/cellName.ts';
import { makingProvider } from '../../toolchain/cloud/openCloud.ts';
import { renewMadeCell } from '../../toolchain/cloud/renewMadeCell.ts';
import { CLOUD_PROVIDERS } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { givenCa } from '../givenCa.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  provider: string;
  name: string;
  ca?: string;
  caKey?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const provider = makingProvider(choice('<provider>', given.provider, CLOUD_PROVIDERS));
  const name = checkedCellName(given.name);
  const programRoot = programRootOf(cwd);
  const keys = await cellKeys(provider, name, tenantName(await readAccount()), givenCa(given));
  out.progress(`renewing ${name} of ${provider}`);
  const not_after = await renewMadeCell({ programRoot, provider, name, keys, signal });
  out.result({ provider, name, not_after }, (paint) => [
    `${paint('green', 'renewed')}  ${name} of ${provider}, until ${not_after}`,
  ]);
}
