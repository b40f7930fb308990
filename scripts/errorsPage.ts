/** Writes docs/errors.md from the codes in the sources; with `--check` fails when they differ. */
import { errorCodes } from './errorCodes.ts';
import { ERROR_MEANINGS } from './errorMeanings.ts';
import { writeGenerated } from './generated.ts';

export function errorsPage(): string {
  const rows = [...errorCodes()].map(
    ([code, exits]) => `| \`${code}\` | ${exits.join(' or ')} | ${ERROR_MEANINGS[code] ?? ''} |`,
  );
  const parts = [
    '# Errors',
    '<!-- Made by scripts/errorsPage.ts from the sources and scripts/errorMeanings.ts. -->',
    'An error of a command has a `code`, a sentence that says what happened, and where there is one the reason and the next step. ' +
      'With `--json` it is `{"error": {"code", "message", "why", "next"}}` on stdout. A code keeps its meaning: scripts may compare it. ' +
      'The exit code follows from the code ([the command](cli.md#exit-codes)).',
    'Three other lists are elsewhere: the errors that a run ends with ([the tasklet ABI](tasklet-abi.md)), findings in a program ([findings](findings/README.md)), ' +
      'and the codes of protocols between daemons ([fabric control](fabric-control.md), [the memory data plane](mem-dataplane.md), [the helper](helper.md)).',
    `| Code | Exit | Meaning |\n|---|---|---|\n${rows.join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

if (import.meta.main) writeGenerated({ 'docs/errors.md': errorsPage() }, 'scripts/errorsPage.ts');
