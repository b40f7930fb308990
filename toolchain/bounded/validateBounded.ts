import { GrafosError } from '../../daemons/protocol/grafosError.ts';
import type { Tasklet } from '../../program/manifest.ts';
import { type Finding, uniqueFindings } from '../validate/finding.ts';
import { givenUp } from '../validate/givenUp.ts';
import { boundedWork } from './boundedWork.ts';

/**
 * Validates a program as `validate` does, within bounds on memory and time. A tasklet whose check is given up has the finding GRF2007, and the others are
 * checked all the same.
 *
 * @throws {GrafosError} tasklet_unknown, check_given_up where the manifest itself could not be checked, and the signal's reason
 */
export async function validateBounded(
  root: string,
  options: { tasklet?: string; signal?: AbortSignal } = {},
): Promise<Finding[]> {
  const { tasklet = null, signal } = options;
  const findings: Finding[] = [];
  const skip: string[] = [];
  for (;;) {
    const begun: Tasklet[] = [];
    const answer = await boundedWork({ kind: 'validate', root, tasklet, skip }, signal, (report) => {
      begun.push(report.tasklet);
      findings.push(...report.findings);
    });
    if (answer.state === 'validated') return uniqueFindings([...findings, ...answer.findings]);
    if (answer.state === 'compiled' || answer.state === 'warmed') throw new Error('a check answers with findings');
    const at = begun.at(-1);
    if (at === undefined) {
      throw new GrafosError('unreachable', 'check_given_up', `The manifest of ${root} could not be checked.`, {
        why: answer.message,
        next: 'Look at grafos.toml: it may be no manifest.',
      });
    }
    findings.push(givenUp(root, at, answer.why, 'check'));
    skip.push(...begun.map(({ name }) => name));
  }
}
