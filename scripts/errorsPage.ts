/**
 * Writes docs/reference/errors.md from the catalogue of errors; with `--check` fails when they
 * differ.
 */
import { BETWEEN_DAEMONS, ERRORS, type ErrorCode, type ErrorKind, EXIT_CODE } from '../base/errorCodes.ts';
import { writeGenerated } from './generated.ts';

interface ErrorRow {
  code: ErrorCode;
  exit: number;
  meaning: string;
}

/** The codes that a command ends with, each with an exit code. A code of two kinds has two rows. */
export function commandErrors(): ErrorRow[] {
  return allErrors().filter(({ code }) => !BETWEEN_DAEMONS.has(code));
}

function allErrors(): ErrorRow[] {
  const rows = Object.entries(ERRORS).flatMap(([kind, meanings]) =>
    Object.entries(meanings).map(([code, meaning]) => ({
      code: code as ErrorCode,
      exit: EXIT_CODE[kind as ErrorKind],
      meaning,
    })),
  );
  return rows.sort((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : a.exit - b.exit));
}

export function errorsPage(): string {
  const rows = commandErrors().map(({ code, exit, meaning }) => `| \`${code}\` | ${exit} | ${meaning} |`);
  const between = allErrors()
    .filter(({ code }) => BETWEEN_DAEMONS.has(code))
    .map(({ code, meaning }) => `| \`${code}\` | ${meaning} |`);
  const parts = [
    '# Errors',
    '<!-- Made by scripts/errorsPage.ts from base/errorCodes.ts. -->',
    'An error of a command has a `code`, a sentence that says what happened, and where there is one the reason and the next step. ' +
      'With `--json` it is `{"error": {"code", "message", "why", "next"}}` on stdout. A code keeps its meaning: scripts may compare it. ' +
      'The exit code follows from the code ([the command](../guide/cli.md#exit-codes)). ' +
      'A code with two rows blames the command line in one of them (2), and a daemon or this machine in the other.',
    'Where a status belongs to a code, its page has it: [the API](api.md), [the helper](helper.md). ' +
      'Two other lists are elsewhere: the errors that a run ends with ([the tasklet ABI](tasklet-abi.md)), and findings in a program ([findings](findings/README.md)).',
    `| Code | Exit | Meaning |\n|---|---|---|\n${rows.join('\n')}`,
    '## Between daemons',
    'A scheduler gets these codes from its cell ([fabric control](../internals/fabric-control.md)). A command gets the refusal that the scheduler makes of it.',
    `| Code | Meaning |\n|---|---|\n${between.join('\n')}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

if (import.meta.main) writeGenerated({ 'docs/reference/errors.md': errorsPage() }, 'scripts/errorsPage.ts');
