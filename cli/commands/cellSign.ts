import { signCellRequest } from '../../toolchain/cell/signCellRequest.ts';
import { saveBytes } from '../../toolchain/files/saveBytes.ts';
import { readAuthority } from '../../toolchain/trust/readAuthority.ts';
import { BY_HAND, readPem } from '../../toolchain/trust/readPem.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  request: string;
  cellId: string;
  host: string[];
  ca: string;
  caKey: string;
  out: string;
  days: string;
}

export async function run({ out }: CommandContext, given: Given): Promise<void> {
  const days = countOption('--days', given.days, undefined, 1);
  const authority = await readAuthority(given.ca, given.caKey, days);
  const { text: request } = await readPem(BY_HAND, given.request);
  const signed = signCellRequest({ request, authority, cellId: given.cellId, hosts: given.host, days });
  await saveBytes(given.out, Buffer.from(signed.answer), 'The answer cannot be written');
  const value = { file: given.out, cell_id: given.cellId, not_after: signed.notAfter.toISOString() };
  out.result(value, (paint) => [
    `${paint('green', 'signed')}  ${value.cell_id} for ${given.host.join(', ')}, until ${value.not_after}`,
    `  answer  ${value.file}`,
    '  next, on the machine of the cell: grafos cell init --cert answer.pem',
  ]);
}
