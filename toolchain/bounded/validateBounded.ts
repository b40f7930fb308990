import { GrafosError } from '../../base/grafosError.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { compileRust } from '../language/compileRust.ts';
import { type Finding, uniqueFindings } from '../validate/finding.ts';
import { givenUp } from '../validate/givenUp.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Validates a program as `validate` does, within bounds on memory and time.
 *
 * A tasklet whose check is given up has the finding GRF2007, and the others are checked all the
 * same. Rust tasklets are compiled with cargo where `mayStartCargo` allows it; else the finding
 * GRF2209 says that they were not.
 *
 * @throws {GrafosError} tasklet_unknown, check_given_up where the manifest itself could not be
 *   checked, and the signal's reason
 */
export async function validateBounded(
  root: string,
  options: { tasklet?: string; signal?: AbortSignal; mayStartCargo?: boolean } = {},
): Promise<Finding[]> {
  const { tasklet = null, signal, mayStartCargo = false } = options;
  const findings: Finding[] = [];
  const skip: string[] = [];
  for (;;) {
    const begun: Tasklet[] = [];
    const answer = await boundedWork({ kind: 'validate', root, tasklet, skip }, signal, (report) => {
      begun.push(report.tasklet);
      findings.push(...report.findings);
    });
    if (answer.state === 'validated') {
      const rust = await compileRust(root, {
        mayStartCargo,
        ...(tasklet === null ? {} : { tasklet }),
        ...(signal === undefined ? {} : { signal }),
      });
      return uniqueFindings([...findings, ...answer.findings, ...rust]);
    }
    if (answer.state !== 'given-up') throw new Error('a check answers with findings');
    const at = begun.at(-1);
    if (at === undefined) {
      throw new GrafosError('check_given_up', `The manifest of ${root} could not be checked.`, {
        why: answer.message,
        next: 'Look at grafos.toml: it may be no manifest.',
      });
    }
    findings.push(givenUp(root, at, answer.why, 'check'));
    skip.push(...begun.map(({ name }) => name));
  }
}
