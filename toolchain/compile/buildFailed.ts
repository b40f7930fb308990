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
      ...(first === undefined
        ? {}
        : {
            why: `${first.file}:${first.range.start.line + 1}:${first.range.start.character + 1}: ${first.message.split('\n')[0]}`,
          }),
      next: 'Correct the source and build again.',
    });
    this.name = 'BuildFailedError';
    this.findings = findings;
  }
}

function count(errors: number): string {
  return errors === 1 ? 'its source has an error' : `its source has ${errors} errors`;
}
