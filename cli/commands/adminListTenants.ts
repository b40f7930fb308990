import { formatSize } from '../../program/size.ts';
import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';
import { table } from '../table.ts';

export async function run({ cwd, out, signal }: CommandContext, given: DirectOptions): Promise<void> {
  using client = await connectAdmin(cwd, given, signal);
  const tenants = await client.tenants({ signal });
  out.result(tenants, () =>
    tenants.length === 0
      ? ['no tenants']
      : table(
          [
            ['TENANT', 'RUNS', 'SOFT', 'HARD', 'BURST/MIN', 'MEMORY', 'KEY'],
            ...tenants.map(({ name, runs_active, quota, key_sha256 }) => [
              name,
              String(runs_active),
              String(quota.runs_soft),
              String(quota.runs_hard),
              String(quota.burst_per_minute),
              formatSize(quota.mem_bytes),
              key_sha256.slice(0, 16),
            ]),
          ],
          [1, 2, 3, 4],
        ),
  );
}
