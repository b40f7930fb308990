import { issueServerCert } from '../../toolchain/trust/adminCertificates.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  name: string;
  ca: string;
  caKey: string;
  out: string;
  role: 'cell' | 'scheduler';
  days: string;
  host?: string[];
}

export async function run({ out }: CommandContext, given: Given): Promise<void> {
  const { name, ca, caKey, role } = given;
  const pair = await issueServerCert({
    ca,
    caKey,
    out: given.out,
    role,
    name,
    hosts: given.host ?? [],
    days: countOption('--days', given.days),
  });
  out.result(pair, () => [pair.cert, pair.key]);
}
