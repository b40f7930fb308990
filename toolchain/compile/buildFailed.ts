import { GrafosError } from '../../base/grafosError.ts';
import { type Finding, uniqueFindings } from '../validate/finding.ts';

/** The source or the module has errors; what was built before is left as it was. */
export class BuildFailedError extends GrafosError {
  /** In the order of `validate`; at least one is an error. */
  readonly findings: Finding[];

  constructor(tasklet: string, found: Finding[]) {
    const findings = uniqueFindings(found);
    const errors = findings.filter(({ severity }) => severity === 'error');
    const first = errors[0];
    super('build_failed', `The tasklet "${tasklet}" was not built: ${count(errors.length)}.`, {
      ...(first === undefined ? {} : { why: `${placeOf(first)}: ${first.message.split('\n')[0]}` }),
      next: 'Correct the source and build again.',
    });
    this.name = 'BuildFailedError';
    this.findings = findings;
  }
}

function count(errors: number): string {
  return errors === 1 ? 'its source has an error' : `its source has ${errors} errors`;
}

/** The place of a finding. One about a whole file has no line. */
function placeOf({ file, range: { start, end } }: Finding): string {
  const isWhole = start.line === 0 && end.line === 0 && end.character === 0;
  return isWhole ? file : `${file}:${start.line + 1}:${start.character + 1}`;
}
