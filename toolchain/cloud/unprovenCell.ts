import { GrafosError } from '../../base/grafosError.ts';
import type { MakingProvider } from './cellCloud.ts';
import { remakeCommands } from './remakeCommands.ts';

/**
 * The error of a cell in a cloud that does not prove what it is, from that of a connection to it:
 * its certificate has ended, or is not of its CA, its address and its part.
 *
 * Such a cell is asked nothing and is not renewed. After the end of its certificate its key may
 * have been copied from a disk, and a renewal would sign new certificates for whoever has it.
 *
 * @returns undefined for any other error
 */
export function unprovenCell(error: unknown, provider: MakingProvider, name: string): GrafosError | undefined {
  if (!(error instanceof GrafosError)) return undefined;
  const remake = `make it anew: ${remakeCommands(provider, name)}`;
  switch (error.code) {
    case 'server_certificate_expired':
      return new GrafosError(error.code, `The certificate of the cell ${name} is not valid now.`, {
        why: 'It has ended, or the clock of this machine is wrong. Without it, nothing proves which machine this is.',
        next: `Correct the clock. Or destroy the cell with its runs, and ${remake}`,
        cause: error,
      });
    case 'server_certificate_missing':
    case 'server_certificate_unfit':
    case 'server_certificate_untrusted':
      return new GrafosError(error.code, `What answers at the address of the cell ${name} does not prove to be it.`, {
        why: `${error.message} ${error.why ?? ''} Another machine may have the address, or somebody stands between.`,
        next: `Try from another network. If it stays so, destroy the cell with its runs, and ${remake}`,
        cause: error,
      });
    default:
      return undefined;
  }
}
