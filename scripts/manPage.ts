/** Writes man/grafos.1 from the table of commands; with `--check` fails when they differ. */
import { optionText } from '../cli/command.ts';
import { COMMANDS } from '../cli/commandTable.ts';
import { writeGenerated } from './generated.ts';

export function manPage(): string {
  const lines = [
    '.\\" Made by scripts/manPage.ts from cli/commandTable.ts.',
    '.TH GRAFOS 1',
    '.SH NAME',
    'grafos \\- write, check and run grafOS tasklets, here and in the cloud',
    '.SH SYNOPSIS',
    '.B grafos',
    '.I command',
    '[options]',
    '.SH DESCRIPTION',
    text(
      'Results go to standard output; progress, warnings and errors to standard error. Commands work on the program around the current folder: the nearest grafos.toml, here or above.',
    ),
    '.SH COMMANDS',
    ...COMMANDS.flatMap(({ name, summary, args, options, examples }) => [
      '.SS',
      text(['grafos', name, ...(args ?? []).map((argument) => argument.name)].join(' ')),
      text(`${summary}.`),
      ...(args ?? []).flatMap((argument) => row(argument.name, argument.description)),
      ...(options ?? []).flatMap((option) => row(option.flags, optionText(option))),
      ...(examples === undefined ? [] : ['.PP', '.nf', ...examples.map(text), '.fi']),
    ]),
    '.SH COMMON OPTIONS',
    ...row('--json', 'print the result as JSON'),
    ...row('--no-color', 'no colour (also NO_COLOR)'),
    ...row('--help', 'print the help of the command'),
    '.SH EXIT STATUS',
    ...row('0', 'done'),
    ...row('1', 'it ran, and the answer is bad'),
    ...row('2', 'wrong usage, or a manifest that cannot be used'),
    ...row('3', 'cannot reach or start something'),
    ...row('4', 'refused: authentication, quota, another tenant'),
    ...row('130', 'interrupted'),
    '.SH EXAMPLES',
    '.nf',
    ...['grafos new hello && cd hello', 'grafos dev up', 'grafos tasklet build'].map(text),
    text('grafos deploy run --input fixtures/hello/hello.input.json'),
    '.fi',
  ];
  return `${lines.join('\n')}\n`;
}

function row(term: string, description: string): string[] {
  return ['.TP', `.B ${text(term)}`, text(description)];
}

/**
 * Escapes a line for roff: backslashes, hyphens, and a dot or quote at the beginning are markup
 * there.
 */
function text(words: string): string {
  return words
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^(?=[.'])/, '\\&');
}

if (import.meta.main) writeGenerated({ 'man/grafos.1': manPage() }, 'scripts/manPage.ts');
