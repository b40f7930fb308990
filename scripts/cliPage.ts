/** Writes docs/guide/cli.md from the table of commands; with `--check` fails when they differ. */
import { optionText } from '../cli/command.ts';
import { COMMANDS } from '../cli/commandTable.ts';
import { commandErrors } from './errorsPage.ts';
import { writeGenerated } from './generated.ts';

export function cliPage(): string {
  const parts = [
    '# The `grafos` command',
    '<!-- Made by scripts/cliPage.ts from cli/commandTable.ts. -->',
    'Results go to stdout; progress, warnings and errors to stderr. Colour appears on a terminal, or where `FORCE_COLOR` asks for it, and not with `--no-color` or `NO_COLOR`. ' +
      'Commands work on the program around the current folder: the nearest `grafos.toml`, here or above.',
    'Characters that would steer a terminal are written out (`\\u001b`, `\\n`), and a CI job finds no order of a stranger in any line: `::` at its beginning and `##[` get a backslash. In JSON they are escapes. Bytes that are asked for, by `mem read` to a pipe, are as they are.',
    '## Exit codes\n\n| code | meaning |\n|---|---|\n| 0 | done |\n| 1 | it ran, and the answer is bad: the tasklet failed, findings of severity error, the doctor found a fault; or a fault of grafos itself, `internal_error` |\n' +
      '| 2 | wrong usage, or a manifest that cannot be used |\n| 3 | cannot reach or start something: stack down, no healthy cell, disk full |\n| 4 | refused: authentication, quota, another tenant |\n| 130 | interrupted |',
    `The \`code\` of an error in \`--json\` decides the exit code. A code in two rows has 2 for a fault of the command, and 3 for one of the stack or the installation:\n\n| exit code | codes |\n|---|---|\n${exitRows().join('\n')}`,
    '## `--json`\n\nEvery command takes `--json` and prints one value of the shape given below. An error is printed on stdout as ' +
      '`{"error": {"code", "message", "why", "next"}}` with the exit code unchanged; `code` is stable. Warnings stay on stderr. ' +
      '`response.json` is described in [tasklet-abi.md](../reference/tasklet-abi.md), `run`, `tenant`, `health`, `record` and "the server\'s body" in [api.md](../reference/api.md), `dev.json` in [dev-json.md](../reference/dev-json.md).',
    '## Output and log of a run\n\n`deploy run`, `runs show`, `runs wait` and `replay` print the output: JSON and UTF-8 text as they are, anything else by its size and first bytes. ' +
      'A terminal gets the beginning of a long output, and of long `--json`; a pipe gets all of it. `--output FILE` writes the bytes that the tasklet wrote. ' +
      'In `--json`, a JSON output is in `output`, with every number as the tasklet wrote it. A text output is in `output_text`, which is null otherwise.\n\n' +
      '`deploy run` and `runs wait` print the log on stderr, each line as it comes; `runs logs` prints it on stdout. The log of a deploy comes after one second, or at the end of a shorter run.',
    '## Environment\n\n| variable | meaning |\n|---|---|\n| `GRAFOS_SCHEDULER`, `GRAFOS_CA`, `GRAFOS_CERT`, `GRAFOS_KEY` | stand in for `--scheduler`, `--ca`, `--cert`, `--key`; the last three are paths |\n' +
      '| `NO_COLOR` | no colour |\n| `FORCE_COLOR` | colour also in a pipe or a file |\n| `CARGO` | the cargo that Rust tasklets are built with |\n| `GRAFOS_DEBUG` | print the stack of an internal error |',
    '## Completion\n\n```sh\nsource <(grafos completion bash)     # or zsh\ngrafos completion fish | source\n```',
    '## Commands',
    ...COMMANDS.map(({ name, summary, args, options, examples, json }) => {
      const usage = [
        'grafos',
        name,
        ...(args ?? []).map((argument) => argument.name),
        ...(options?.length ? ['[options]'] : []),
      ].join(' ');
      const rows = [
        ...(args ?? []).map((argument) => `| \`${argument.name}\` | ${argument.description} |`),
        ...(options ?? []).map((option) => `| \`${option.flags}\` | ${optionText(option)} |`),
      ];
      return [
        `### \`grafos ${name}\``,
        `${summary}.`,
        `\`\`\`sh\n${usage}\n\`\`\``,
        ...(rows.length > 0 ? [`| | |\n|---|---|\n${rows.join('\n')}`] : []),
        ...(examples === undefined ? [] : [`Examples:\n\n\`\`\`sh\n${examples.join('\n')}\n\`\`\``]),
        `JSON: \`${json}\``,
      ].join('\n\n');
    }),
  ];
  return `${parts.join('\n\n')}\n`;
}

function exitRows(): string[] {
  const byExit = Map.groupBy(commandErrors(), ({ exit }) => exit);
  return [...byExit]
    .sort(([a], [b]) => a - b)
    .map(([exit, rows]) => `| ${exit} | ${rows.map(({ code }) => `\`${code}\``).join(', ')} |`);
}

if (import.meta.main) writeGenerated({ 'docs/guide/cli.md': cliPage() }, 'scripts/cliPage.ts');
