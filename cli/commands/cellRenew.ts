import { GrafosError } from '../../base/grafosError.ts';
import { cellFolderPath } from '../../toolchain/cell/cellFolder.ts';
import { type RenewalSource, renewCell } from '../../toolchain/cell/renewCell.ts';
import { readAuthority } from '../../toolchain/trust/readAuthority.ts';
import { BY_HAND, readPem } from '../../toolchain/trust/readPem.ts';
import { countOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  state?: string;
  ca?: string;
  caKey?: string;
  days: string;
  cert?: string;
}

export async function run({ out, signal }: CommandContext, given: Given): Promise<void> {
  const renewed = await renewCell(cellFolderPath(given.state), await sourceOf(given), signal);
  out.result(renewed, (paint) => {
    if (renewed.request !== null)
      return [
        `${paint('yellow', 'waits')}  ${renewed.cell_id} keeps its certificates until the answer is there`,
        `  request  ${renewed.request}`,
        '  next: sign it where the CA is: grafos cell sign request.pem --help',
        '  then: grafos cell renew --cert answer.pem',
      ];
    const taken = renewed.told
      ? 'the running cell takes them: the scheduler at once, fabricbiosd in a moment without runs'
      : 'the cell does not run, and takes them at its next start';
    return [`${paint('green', 'renewed')}  ${renewed.cell_id} until ${renewed.not_after}`, `  ${taken}`];
  });
}

async function sourceOf({ ca, caKey, days, cert }: Given): Promise<RenewalSource> {
  if (cert !== undefined) return { answer: (await readPem(BY_HAND, cert)).text };
  if (ca === undefined && caKey === undefined) return undefined;
  if (ca === undefined || caKey === undefined)
    throw new GrafosError('wrong_usage', '--ca and --ca-key go together.', {
      next: 'Give both, or neither to make a signing request.',
    });
  const count = countOption('--days', days, undefined, 1);
  return { authority: await readAuthority(ca, caKey, count), days: count };
}
