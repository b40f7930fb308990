import { GrafosError } from '../../base/grafosError.ts';
import { wordList } from '../../base/text/wordList.ts';
import { validateBounded } from '../../toolchain/bounded/validateBounded.ts';
import { annotationBase } from '../../toolchain/validate/annotationBase.ts';
import { findingsJson } from '../../toolchain/validate/findingsJson.ts';
import { renderGithub } from '../../toolchain/validate/renderGithub.ts';
import { renderHuman } from '../../toolchain/validate/renderHuman.ts';
import { renderSarif } from '../../toolchain/validate/renderSarif.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

interface Given {
  tasklet?: string;
  compile: boolean;
  sarif?: boolean;
  github?: boolean;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<number> {
  const flags = { '--sarif': given.sarif, '--github': given.github, '--json': out.json };
  const forms = Object.entries(flags).flatMap(([flag, isGiven]) => (isGiven ? [flag] : []));
  if (forms.length > 1) {
    throw new GrafosError('wrong_usage', `${wordList(forms)} are given together.`, {
      why: 'Each is another form of the same findings, and one of them can be printed.',
      next: 'Run the command once for each.',
    });
  }
  const root = programRootOf(cwd);
  const findings = await validateBounded(root, {
    signal,
    mayStartCargo: given.compile,
    ...(given.tasklet === undefined ? {} : { tasklet: given.tasklet }),
  });
  const json = findingsJson(findings, root);
  if (given.sarif) out.document(renderSarif(findings, annotationBase(root, process.env)));
  else if (given.github) out.annotations(renderGithub(findings, annotationBase(root, process.env)));
  else out.result(json, (paint) => renderHuman(findings, { base: cwd, paint }));
  return json.ok ? 0 : 1;
}
