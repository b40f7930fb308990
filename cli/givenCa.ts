import { GrafosError } from '../base/grafosError.ts';

/**
 * The files of a CA of one's own, where both are given.
 *
 * @throws {GrafosError} wrong_usage
 */
export function givenCa({ ca, caKey }: { ca?: string; caKey?: string }): { ca: string; caKey: string } | undefined {
  if (ca !== undefined && caKey !== undefined) return { ca, caKey };
  if (ca === undefined && caKey === undefined) return undefined;
  throw new GrafosError('wrong_usage', 'A CA is given by two files.', {
    next: 'Give both: --ca ca.pem --ca-key ca-key.pem',
  });
}
