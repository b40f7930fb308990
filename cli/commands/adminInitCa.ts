import { initCa } from '../../toolchain/trust/adminCertificates.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

export async function run({ out }: CommandContext, given: { out: string; days: string }): Promise<void> {
  const pair = await initCa({ out: given.out, days: countOption('--days', given.days) });
  out.result(pair, () => [pair.cert, `${pair.key}  keep this one secret`]);
}
