import type { ReadFault } from '../../program/programReader.ts';
import type { TextRange } from '../../program/textLines.ts';
import { type Finding, finding } from './finding.ts';

/** The faults of a read that mean the same for every file of a program. */
export type CommonFault = Extract<ReadFault, { state: 'outside' | 'too-much' }>;

export function isCommonFault(read: { state: string }): read is CommonFault {
  return read.state === 'outside' || read.state === 'too-much';
}

/**
 * The finding on a file that leads out of the program (GRF2005), or that would have been one too
 * many (GRF2006).
 *
 * @param name the file as the author knows it
 */
export function readFinding(fault: CommonFault, name: string, file: string, range: TextRange): Finding {
  return fault.state === 'outside'
    ? finding(
        'GRF2005',
        file,
        range,
        `The links of ${name} lead to ${fault.target}, outside of the program, and nothing of a program is read from there. Put the file itself into the program, or install it as a package into node_modules.`,
      )
    : finding(
        'GRF2006',
        file,
        range,
        `${name} was not read: there is ${fault.what}, and no more is read at one time. Take out what does not belong to the program.`,
      );
}
