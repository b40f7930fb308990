import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: DirectOptions & { tenant: string },
): Promise<void> {
  using client = await connectAdmin(cwd, given, signal);
  await client.deleteTenant(given.tenant, { signal });
  out.result({ deleted: given.tenant }, () => [`deleted  ${given.tenant}`]);
}
