import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, CommanderError, Option } from 'commander';
import { GrafosError } from '../daemons/protocol/grafosError.ts';
import { packageRoot } from '../daemons/protocol/packageRoot.ts';
import type { CommandSpec } from './command.ts';
import { COMMANDS } from './commandTable.ts';
import { Output } from './output.ts';

const GROUPS: Record<string, string> = {
  dev: 'The local stack',
  tasklet: 'Build and inspect tasklets',
  deploy: 'Run tasklets',
  runs: 'Look at runs',
  mem: 'Leased fabric memory',
  provider: 'Where tasklets can run',
  cloud: 'Cells of a cloud provider',
  admin: 'Certificates, tenants, quotas, audit',
  account: 'Who works here',
};

process.exitCode = await main(process.argv.slice(2));

async function main(argv: string[]): Promise<number> {
  const out = new Output({
    json: argv.includes('--json'),
    color: !argv.includes('--no-color') && (process.env.NO_COLOR ?? '') === '',
  });
  const interrupt = new AbortController();
  const onSignal = () => {
    // Asked twice: whoever waits for the clean way out has waited long enough.
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort(new GrafosError('interrupted', 'interrupted', 'Interrupted.'));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // A reader that left (`grafos … | head`) is no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

  let exitCode = 0;
  const root = new Command('grafos')
    .description('Write, check and run grafOS tasklets, here and in the cloud.')
    .version(JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version)
    .option('--json', 'print the result as JSON')
    .option('--no-color', 'no colour (also NO_COLOR)')
    .enablePositionalOptions(false)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} });
  for (const spec of COMMANDS) {
    addCommand(root, spec, async (given) => {
      const { run } = await spec.load();
      const code = await run({ cwd: process.cwd(), out, signal: interrupt.signal }, given);
      exitCode = typeof code === 'number' ? code : 0;
    });
  }
  try {
    await root.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) return out.error(error);
    if (error.exitCode === 0) return 0;
    return out.error(
      new GrafosError('usage', 'wrong_usage', error.message.replace(/^error: /, '').replaceAll('\n', ' '), {
        next: 'See: grafos --help',
      }),
    );
  }
}

function addCommand(root: Command, spec: CommandSpec, action: (given: object) => Promise<void>): void {
  const [group, verb] = spec.name.split(' ');
  let parent = root;
  if (verb !== undefined && group !== undefined) {
    parent =
      root.commands.find((command) => command.name() === group) ?? root.command(group).description(GROUPS[group] ?? '');
  }
  const command = parent
    .command(verb ?? spec.name)
    .description(spec.summary)
    .copyInheritedSettings(root);
  command.option('--json', 'print the result as JSON').option('--no-color', 'no colour');
  for (const argument of spec.args ?? []) command.argument(argument.name, argument.description);
  for (const { flags, description, default: value, choices, required, repeatable } of spec.options ?? []) {
    const option = new Option(flags, description);
    if (value !== undefined) option.default(value);
    if (choices !== undefined) option.choices(choices);
    if (required) option.makeOptionMandatory();
    if (repeatable) option.argParser((one: string, all: string[] | undefined) => [...(all ?? []), one]);
    command.addOption(option);
  }
  const names = (spec.args ?? []).map(({ name }) => camelCase(name.replaceAll(/[<>[\].]/g, '')));
  command.action(async (...values: unknown[]) => {
    const given: Record<string, unknown> = { ...command.opts() };
    names.forEach((name, index) => {
      given[name] = values[index];
    });
    await action(given);
  });
}

function camelCase(name: string): string {
  return name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
