import type { CommandContext } from './command.ts';

/**
 * The run in the Run panel as a node, for commands without an argument; undefined where no run is
 * shown.
 */
export function shownRunNode({ panel }: CommandContext): object | undefined {
  const { current } = panel;
  return current && { kind: 'run', ...current };
}
