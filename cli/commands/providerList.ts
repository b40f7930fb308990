import { providerStatus } from '../../toolchain/deploy/providerStatus.ts';
import { PROVIDERS } from '../../toolchain/deploy/resolveProvider.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { table } from '../table.ts';

export async function run({ cwd, out, signal }: CommandContext): Promise<void> {
  const root = programRootOf(cwd);
  const all = await Promise.all(PROVIDERS.map((provider) => providerStatus(root, provider, signal)));
  out.result(all, (paint) =>
    table([
      ['PROVIDER', 'STATE', 'CELL', 'SCHEDULER'],
      ...all.map(({ provider, ready, cell_id, scheduler_url }) => [
        provider,
        ready ? paint('green', 'ready') : 'not ready',
        cell_id ?? '',
        ready ? (scheduler_url ?? '') : paint('dim', `why: grafos provider status ${provider}`),
      ]),
    ]),
  );
}
