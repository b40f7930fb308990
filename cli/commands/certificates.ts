import { LEAF_DAYS_MAX } from '../../daemons/wire/peerRole.ts';
import * as certificates from '../../toolchain/trust/adminCertificates.ts';
import { CA_DAYS_MAX } from '../../toolchain/trust/authority.ts';
import { daysOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

export async function initCa({ out }: CommandContext, given: { out: string; days: string }): Promise<void> {
  const pair = await certificates.initCa({ out: given.out, days: daysOption(given.days, CA_DAYS_MAX) });
  out.result(pair, () => [pair.cert, `${pair.key}  keep this one secret`]);
}

interface ClientGiven {
  name: string;
  ca: string;
  caKey: string;
  out: string;
  role: 'tenant' | 'admin';
  days: string;
}

export async function issueCert({ out }: CommandContext, given: ClientGiven): Promise<void> {
  const { name, ca, caKey, role } = given;
  const pair = await certificates.issueCert({
    ca,
    caKey,
    out: given.out,
    role,
    name,
    days: daysOption(given.days, LEAF_DAYS_MAX),
  });
  out.result(pair, () => [pair.cert, pair.key]);
}

interface ServerGiven {
  name: string;
  ca: string;
  caKey: string;
  out: string;
  role: 'cell' | 'scheduler';
  days: string;
  host?: string[];
}

export async function issueServerCert({ out }: CommandContext, given: ServerGiven): Promise<void> {
  const { name, ca, caKey, role } = given;
  const pair = await certificates.issueServerCert({
    ca,
    caKey,
    out: given.out,
    role,
    name,
    hosts: given.host ?? [],
    days: daysOption(given.days, LEAF_DAYS_MAX),
  });
  out.result(pair, () => [pair.cert, pair.key]);
}
