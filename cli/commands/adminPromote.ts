import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';

export async function run({ cwd, out, signal }: CommandContext, given: DirectOptions): Promise<void> {
  using client = await connectAdmin(cwd, given, signal);
  const health = await client.promote({ signal });
  out.result(health, (paint) => [
    `${paint('green', health.role)}  cell ${health.cell?.cell_id ?? 'not connected yet'}`,
  ]);
}
