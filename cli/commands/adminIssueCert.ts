import { issueCert } from '../../toolchain/trust/adminCertificates.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  name: string;
  ca: string;
  caKey: string;
  out: string;
  role: 'tenant' | 'admin';
  days: string;
}

export async function run({ out }: CommandContext, given: Given): Promise<void> {
  const { name, ca, caKey, role } = given;
  const pair = await issueCert({ ca, caKey, out: given.out, role, name, days: countOption('--days', given.days) });
  out.result(pair, () => [pair.cert, pair.key]);
}
