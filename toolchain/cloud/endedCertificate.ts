import { GrafosError } from '../../base/grafosError.ts';
import type { MakingProvider } from './cellCloud.ts';

/**
 * The error of a cell in a cloud whose certificate has ended, from that of a connection to it.
 *
 * Such a cell is not renewed. Its key may have been copied from a disk since, and a renewal would
 * sign new certificates for whoever has it.
 *
 * @returns undefined for any other error
 */
export function endedCertificate(error: unknown, provider: MakingProvider, name: string): GrafosError | undefined {
  if (!(error instanceof GrafosError) || error.code !== 'server_certificate_expired') return undefined;
  return new GrafosError('server_certificate_expired', `The certificate of the cell ${name} is not valid now.`, {
    why: 'It has ended, or the clock of this machine is wrong. Without it, nothing proves which machine this is.',
    next: `Correct the clock. Or destroy the cell with its runs, and make it anew: ${remake(provider, name)}`,
    cause: error,
  });
}

function remake(provider: MakingProvider, name: string): string {
  return `grafos cloud destroy ${provider} --name ${name}, then grafos cloud provision ${provider} --name ${name}`;
}
