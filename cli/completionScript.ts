// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's own syntax
import { COMMANDS } from './commandTable.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** What completes `grafos` in a shell, made from the table of commands: words of commands first, then the options of the one typed. */
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

const flagsOf = (name: string): string[] => [
  ...(COMMANDS.find((command) => command.name === name)?.options ?? []).map(({ flags }) => flags.split(' ')[0] ?? ''),
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

function bash(): string {
  const verbs = groups();
  const lines = [
    '_grafos() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words=""',
    '  case "${COMP_WORDS[1]} ${COMP_WORDS[2]}" in',
    ...COMMANDS.filter(({ name }) => name.includes(' ')).map(
      ({ name }) => `    "${name}") [ "$COMP_CWORD" -gt 2 ] && words="${flagsOf(name).join(' ')}" ;;`,
    ),
    '  esac',
    '  if [ -z "$words" ]; then case "$COMP_CWORD $' + '{COMP_WORDS[1]}" in',
    `    "1 "*) words="${[...verbs.keys()].join(' ')}" ;;`,
    ...[...verbs]
      .filter(([, list]) => list.length > 0)
      .map(([group, list]) => `    "2 ${group}") words="${list.join(' ')}" ;;`),
    ...[...verbs]
      .filter(([, list]) => list.length === 0)
      .map(([group]) => `    *" ${group}") words="${flagsOf(group).join(' ')}" ;;`),
    '  esac; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '  [ -n "$words" ] && [ "${current#-}" != "$current" ] || [ "${#COMPREPLY[@]}" -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))',
    '}',
    'complete -F _grafos grafos',
  ];
  return `${lines.join('\n')}\n`;
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
  for (const { name, options } of COMMANDS) {
    const seen = name
      .split(' ')
      .map((word) => `__fish_seen_subcommand_from ${word}`)
      .join('; and ');
    for (const { flags, description } of options ?? []) {
      lines.push(`complete -c grafos -n "${seen}" -l ${(flags.split(' ')[0] ?? '').slice(2)} -d ${quote(description)}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
