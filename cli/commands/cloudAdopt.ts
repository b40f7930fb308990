import { adoptCell } from '../../toolchain/deploy/adoptCell.ts';
import { CLOUD_PROVIDERS, cellNameOf, checkedName } from '../../toolchain/deploy/cloudCells.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  provider: string;
  scheduler: string;
  ca: string;
  cert: string;
  key: string;
  tenant: string;
  name?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
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
