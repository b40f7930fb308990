import { renderGithub } from '../../toolchain/validate/renderGithub.ts';
import { renderSarif } from '../../toolchain/validate/renderSarif.ts';
import { validate } from '../../toolchain/validate/validate.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { renderFindings } from '../renderFindings.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { tasklet?: string; sarif?: boolean; github?: boolean },
): Promise<number> {
  const root = programRootOf(cwd);
  const findings = await validate(root, { signal, ...(given.tasklet === undefined ? {} : { tasklet: given.tasklet }) });
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const [errors, warnings] = [count('error'), count('warning')];
  if (given.sarif) out.raw(`${JSON.stringify(renderSarif(findings, root), null, 2)}\n`);
  else if (given.github) out.raw(renderGithub(findings, root));
  else {
    out.result({ findings, errors, warnings }, (paint) =>
      findings.length === 0
        ? `${paint('green', 'ok')}  no findings`
        : `${renderFindings(findings, cwd, paint)}\n\n${errors} errors, ${warnings} warnings, ${findings.length - errors - warnings} notes`,
    );
  }
  return errors > 0 ? 1 : 0;
}
