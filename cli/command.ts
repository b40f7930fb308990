import type { Output } from './output.ts';

/** The parts that every command gets besides its own arguments. */
export interface CommandContext {
  cwd: string;
  out: Output;
  /** Aborts on Ctrl-C, SIGTERM and SIGHUP. */
  signal: AbortSignal;
}

export interface ArgumentSpec {
  /** commander's notation: `<required>`, `[optional]`, `[many...]`. */
  name: string;
  description: string;
}

export interface OptionSpec {
  /** commander's notation, e.g. `--mem <size>`. */
  flags: string;
  description: string;
  default?: string;
  choices?: readonly string[];
  required?: boolean;
  repeatable?: boolean;
}

/** The description of an option, with its choices, default and need. */
export function optionText({ description, default: value, choices, required, repeatable }: OptionSpec): string {
  const facts = [
    choices?.join(', '),
    value && `default ${value}`,
    required && 'required',
    repeatable && 'may be given several times',
  ].filter(Boolean);
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
}

/**
 * Runs a command.
 *
 * @param given its arguments (undefined where left out, a list for the variadic one) and options by
 *   their camel-case names
 * @returns the exit code when it is a number, else the command is done (0)
 */
export type CommandRun = (
  context: CommandContext,
  // biome-ignore lint/suspicious/noExplicitAny: the table is checked against each command by the type of its run function, not here.
  given: any,
) => Promise<unknown>;

/**
 * One row of the table that the parser, the completion scripts and docs/guide/cli.md are made from.
 */
export interface CommandSpec {
  /** Words of the command, e.g. `dev up`. */
  name: string;
  summary: string;
  args?: ArgumentSpec[];
  options?: OptionSpec[];
  /** Whole command lines, each at most 76 characters. */
  examples?: string[];
  /** The output of `--json`, for docs/guide/cli.md. */
  json: string;
  load: () => Promise<CommandRun>;
}
