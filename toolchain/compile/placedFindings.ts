import type { Program } from '../../program/loadProgram.ts';
import type { Tasklet } from '../../program/manifest.ts';
import type { Finding } from '../validate/finding.ts';

/** Codes of findings about the text of a source. */
const OF_SOURCE = /^GRF2[1-9]/;

/**
 * Replaces faults of a module that was just compiled by the findings of `validate`, which looks for
 * their causes in the source and so has their lines.
 *
 * @returns the faults as they are where `validate` has no error for them, and for Rust, whose
 *   module it does not make
 * @throws the signal's reason
 */
export async function placedFindings(
  program: Program,
  tasklet: Tasklet,
  faults: Finding[],
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  if (tasklet.kind === 'rust' || !faults.some(({ severity }) => severity === 'error')) return faults;
  const { boundedWork } = await import('../bounded/boundedWork.ts');
  const answer = await boundedWork({ kind: 'validate', root: program.root, tasklet: tasklet.name, skip: [] }, signal);
  if (answer.state !== 'validated') return faults;
  const codes = new Set(faults.map(({ code }) => code));
  // What it says of a module beyond these faults is about one that was built before.
  const errors = answer.findings.filter(
    ({ severity, code }) => severity === 'error' && (OF_SOURCE.test(code) || codes.has(code)),
  );
  return errors.length === 0 ? faults : errors;
}
