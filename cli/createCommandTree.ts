import { join } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { EXIT_CODE } from '../base/errorCodes.ts';
import { GrafosError } from '../base/grafosError.ts';
import { packageRoot } from '../base/packageRoot.ts';
import { packageVersion } from '../base/packageVersion.ts';
import { meantQuestion } from '../program/didYouMean.ts';
import { type CommandSpec, optionText } from './command.ts';
import { COMMANDS } from './commandTable.ts';
import type { Output } from './output.ts';

/** First words of commands, under the headings of `grafos --help`. */
const HEADINGS: Record<string, string[]> = {
  'Write and check:': ['new', 'tasklet', 'validate', 'test'],
  'Run:': ['dev', 'deploy', 'runs', 'artifacts', 'replay', 'profile', 'fuel', 'mem'],
  'Cells and clouds:': ['provider', 'cloud', 'cell', 'admissions', 'placements', 'admin', 'api', 'token'],
  'Your tools and you:': ['lsp', 'mcp', 'completion', 'account'],
};
const GROUPS: Record<string, string> = {
  tasklet: 'Build and inspect tasklets',
  dev: 'The local stack: start, stop, look at it',
  deploy: 'Run tasklets on a cell',
  fuel: 'Find a budget for tasklets',
  runs: 'Look at runs, wait for them, cancel them',
  mem: 'Read and write the fabric memory of a run',
  provider: 'Where tasklets can run',
  cloud: 'Cells of a cloud provider',
  cell: 'Cells on a machine of yours',
  admin: 'Certificates, tenants, quotas, audit',
  account: 'Who works here',
};
const FIRST_STEPS = `
First steps:
  grafos new hello && cd hello
  grafos dev up
  grafos tasklet build
  grafos deploy run --input fixtures/hello/hello.input.json

grafos help <command> says more of a command, man grafos of all.
Pages: ${join(packageRoot, 'docs')}
`;

/**
 * Makes the parser from the table of commands. Where `argv` begins with a command, its group alone
 * is made: to make all of them takes longer than many commands run.
 *
 * @param run gets the row, and the arguments and options by their camel-case names
 */
export function createCommandTree(
  out: Output,
  argv: readonly string[],
  run: (spec: CommandSpec, given: object) => Promise<void>,
): Command {
  const root = new Command('grafos')
    .usage('<command> [options]')
    .description('Write, check and run grafOS tasklets, here and in the cloud.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand(false)
    .addHelpText('after', FIRST_STEPS)
    .showSuggestionAfterError()
    .exitOverride()
    .configureHelp({
      minWidthToWrap: 30,
      subcommandTerm,
      optionDescription: ({ description }) => description,
    })
    // `Output` prints an error, in the one form that all errors have. Help that was not asked for
    // is printed only for people.
    .configureOutput({
      outputError: () => {},
      writeErr: (text) => (out.json ? undefined : out.note(...text.trimEnd().split('\n'))),
    });
  addCommonOptions(root);
  const group = COMMANDS.filter(({ name }) => name.split(' ')[0] === argv[0]);
  for (const spec of group.length > 0 ? group : COMMANDS) {
    const command = addCommand(root, spec);
    if (argv.includes(spec.name.split(' ')[0] ?? '')) addOptions(command, spec, (given) => run(spec, given));
  }
  return root;
}

/**
 * Parses and runs.
 *
 * @returns the exit code when the parser itself had all to do (help, version) or could not go on
 * @throws {GrafosError} wrong_usage, and the errors of the command
 */
export async function parse(tree: Command, argv: string[], json: boolean): Promise<number | undefined> {
  try {
    await tree.parseAsync(spelledOut(argv), { from: 'user' });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    const isHelp = error.code === 'commander.help';
    // The help was printed in the place of an error. A caller that asked for JSON gets the error as
    // JSON.
    if (isHelp && !json) return EXIT_CODE.usage;
    const what = isHelp ? 'The command is not complete.' : error.message.replace(/^error: /, '').replaceAll('\n', ' ');
    throw new GrafosError('wrong_usage', what, { next: `See: ${helpCommand(argv)}` });
  }
}

/**
 * Turns `help`, `version` and `-v` into `--help` and `--version`.
 *
 * @throws {GrafosError} wrong_usage where `help` names no command
 */
function spelledOut(argv: string[]): string[] {
  const [first, ...rest] = argv;
  if (first === 'help') {
    const words = rest.filter((word) => !word.startsWith('-')).join(' ');
    const isKnown = words === '' || COMMANDS.some(({ name }) => `${name} `.startsWith(`${words} `));
    if (isKnown) return [...rest, '--help'];
    const known = COMMANDS.flatMap(({ name }) => [name, name.split(' ')[0] ?? name]);
    throw new GrafosError('wrong_usage', `unknown command '${words}'`, {
      next: `${meantQuestion(words, known)}See: grafos --help`,
    });
  }
  return first === 'version' || first === '-v' ? ['--version', ...rest] : argv;
}

/** The words that ask for the help of the command that `argv` began with. */
export function helpCommand(argv: string[]): string {
  const [group = '', verb = ''] = argv.filter((word) => !word.startsWith('-'));
  const known = [`${group} ${verb}`, group].find((name) =>
    COMMANDS.some((command) => command.name === name || command.name.startsWith(`${name} `)),
  );
  return ['grafos', ...(known ? [known] : []), '--help'].join(' ');
}

/** Adds a command with its place in the help. */
function addCommand(root: Command, spec: CommandSpec): Command {
  const [group = '', verb] = spec.name.split(' ');
  const heading = Object.keys(HEADINGS).find((one) => HEADINGS[one]?.includes(group)) ?? 'Other:';
  let parent = root;
  if (verb !== undefined) {
    parent =
      root.commands.find((command) => command.name() === group) ??
      root
        .command(group)
        .usage('<command> [options]')
        .helpCommand(false)
        .description(GROUPS[group] ?? '')
        .helpGroup(heading);
  }
  const command = parent.command(verb ?? spec.name).description(spec.summary);
  if (verb === undefined) command.helpGroup(heading);
  for (const argument of spec.args ?? []) command.argument(argument.name, argument.description);
  return command;
}

function addOptions(command: Command, spec: CommandSpec, action: (given: object) => Promise<void>): void {
  for (const row of spec.options ?? []) {
    const option = new Option(row.flags, optionText(row));
    if (row.default !== undefined) option.default(row.default);
    if (row.choices !== undefined) option.choices(row.choices).argParser(choiceOf(row.choices));
    if (row.required) option.makeOptionMandatory();
    if (row.repeatable) option.argParser((one: string, all: string[] | undefined) => [...(all ?? []), one]);
    command.addOption(option);
  }
  addCommonOptions(command);
  if (spec.examples !== undefined) {
    command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}`).join('\n')}\n`);
  }
  const names = (spec.args ?? []).map(({ name }) => camelCase(name.replaceAll(/[<>[\].]/g, '')));
  command.action(async (...values: unknown[]) => {
    const given: Record<string, unknown> = { ...command.opts() };
    names.forEach((name, index) => {
      given[name] = values[index];
      refuseEmpty(spec.args?.[index]?.name ?? name, values[index]);
    });
    for (const { flags } of spec.options ?? []) {
      const [flag = ''] = flags.split(' ');
      refuseEmpty(flag, given[camelCase(flag.replace(/^--/, ''))]);
    }
    await action(given);
  });
}

/**
 * Refuses an empty text: as a path it would be the current folder. A variable of a script that is
 * not set is the usual reason.
 *
 * @throws {GrafosError} wrong_usage
 */
function refuseEmpty(what: string, value: unknown): void {
  const isEmpty = Array.isArray(value) ? value.includes('') : value === '';
  if (!isEmpty) return;
  throw new GrafosError('wrong_usage', `${what} is empty.`, { next: 'Give it a value, or leave it out.' });
}

/** Takes one of the choices, and proposes the nearest for what is none. */
function choiceOf(choices: readonly string[]): (value: string) => string {
  return (value) => {
    if (choices.includes(value)) return value;
    throw new InvalidArgumentError(`${meantQuestion(value, choices)}Allowed choices are ${choices.join(', ')}.`);
  };
}

/** Read from `argv` before the parser runs, so that its own errors obey them too. */
function addCommonOptions(command: Command): void {
  command.option('--json', 'print the result as JSON').option('--no-color', 'no colour (also NO_COLOR)');
}

function subcommandTerm(command: Command): string {
  const verbs = command.commands.map((verb) => verb.name()).join('|');
  const rest =
    verbs === ''
      ? command.registeredArguments.map((argument) =>
          argument.required ? `<${argument.name()}>` : `[${argument.name()}]`,
        )
      : [verbs.length > 40 ? '<command>' : verbs];
  return [command.name(), ...rest].join(' ');
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
