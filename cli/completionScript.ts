// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's own syntax
import type { CommandSpec } from './command.ts';
// biome-ignore lint/suspicious/noImportCycles: the table is whole before a command is loaded.
import { COMMANDS } from './commandTable.ts';
import { type CompletionValues, completionValues } from './completionValues.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/**
 * Makes the script that completes `grafos` in a shell from the table of commands.
 *
 * It completes the words of commands, their options, and the values of both. The script asks
 * `grafos completion --values` for names of tasklets and runs.
 */
export function completionScript(shell: Shell): string {
  switch (shell) {
    case 'bash':
      return bash();
    case 'zsh':
      // zsh runs bash completions as they are.
      return `autoload -U +X bashcompinit && bashcompinit\n${bash()}`;
    case 'fish':
      return fish();
  }
}

const flagOf = (flags: string): string => flags.split(' ')[0] ?? '';

const flagsOf = ({ options }: CommandSpec): string[] => [
  ...(options ?? []).map(({ flags }) => flagOf(flags)),
  '--json',
  '--help',
];

function groups(): Map<string, string[]> {
  const verbs = new Map<string, string[]>();
  for (const { name } of COMMANDS) {
    const [group = '', verb] = name.split(' ');
    verbs.set(group, [...(verbs.get(group) ?? []), ...(verb === undefined ? [] : [verb])]);
  }
  return verbs;
}

/** Assignments that give the values in bash. */
function bashValues(values: CompletionValues): string {
  if (values.kind === 'words') return `words="${values.words.join(' ')}"`;
  if (values.kind === 'files') return 'files=1';
  return `words="$(grafos completion --values ${values.kind} 2>/dev/null)"`;
}

/** Cases that set the words at the cursor, once the words of a command are typed. */
function bashCommand(command: CommandSpec): string[] {
  const options = (command.options ?? []).filter(({ flags }) => flags.includes(' '));
  const argument = command.args?.map((one) => completionValues(one.name)).find((values) => values.kind !== 'files');
  return [
    '      case "$before" in',
    ...options.map((option) => {
      const values = completionValues(option.flags, option.choices);
      return `        ${flagOf(option.flags)}) ${bashValues(values)} ;;`;
    }),
    '        *) case "$current" in',
    `          -*) words="${flagsOf(command).join(' ')}" ;;`,
    `          *) ${argument === undefined ? `words="${flagsOf(command).join(' ')}"; files=1` : bashValues(argument)} ;;`,
    '        esac ;;',
    '      esac ;;',
  ];
}

function bash(): string {
  const verbs = [...groups()];
  const [pairs, singles] = [
    COMMANDS.filter(({ name }) => name.includes(' ')),
    COMMANDS.filter(({ name }) => !name.includes(' ')),
  ];
  const lines = [
    '_grafos() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" before="${COMP_WORDS[COMP_CWORD-1]}" words="" files=""',
    '  case "$COMP_CWORD ${COMP_WORDS[1]} ${COMP_WORDS[2]}" in',
    `    "1 "*) words="${verbs.map(([group]) => group).join(' ')}" ;;`,
    ...verbs
      .filter(([, list]) => list.length > 0)
      .map(([group, list]) => `    "2 ${group} "*) words="${list.join(' ')}" ;;`),
    ...pairs.flatMap((command) => [`    *" ${command.name}")`, ...bashCommand(command)]),
    ...singles.flatMap((command) => [`    *" ${command.name} "*)`, ...bashCommand(command)]),
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  [ -z "$files" ] || COMPREPLY+=($(compgen -f -- "$current"))',
    '}',
    'complete -F _grafos grafos',
  ];
  return `${lines.join('\n')}\n`;
}

/** Options of fish's `complete` that give the values. */
function fishValues(values: CompletionValues): string {
  if (values.kind === 'files') return '-r -F';
  if (values.kind === 'words') return `-x -a '${values.words.join(' ')}'`;
  return `-x -a '(grafos completion --values ${values.kind} 2>/dev/null)'`;
}

function fish(): string {
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`;
  const lines: string[] = [];
  for (const [group, verbs] of groups()) {
    lines.push(`complete -c grafos -n __fish_use_subcommand -a ${group}`);
    for (const verb of verbs) {
      const summary = COMMANDS.find(({ name }) => name === `${group} ${verb}`)?.summary ?? '';
      lines.push(
        `complete -c grafos -f -n "__fish_seen_subcommand_from ${group}; and not __fish_seen_subcommand_from ${verbs.join(' ')}" -a ${verb} -d ${quote(summary)}`,
      );
    }
  }
  for (const { name, args, options } of COMMANDS) {
    const seen = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    for (const { flags, description, choices } of options ?? []) {
      const values = flags.includes(' ') ? `${fishValues(completionValues(flags, choices))} ` : '';
      lines.push(`complete -c grafos -n "${seen}" -l ${flagOf(flags).slice(2)} ${values}-d ${quote(description)}`);
    }
    for (const { name: argument } of args ?? []) {
      const values = completionValues(argument);
      if (values.kind !== 'files') lines.push(`complete -c grafos -n "${seen}" ${fishValues(values)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
