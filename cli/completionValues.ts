import { DAEMON_NAMES } from '../daemons/wire/devState.ts';
import { PROVIDERS } from '../toolchain/deploy/resolveProvider.ts';

/** Source of values: known words, files, or names that `grafos completion --values` prints. */
export type CompletionValues =
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'files' }
  | { kind: 'tasklets' | 'runs' | 'cells' };

/** Values by their placeholder in the table of commands. */
const BY_PLACEHOLDER: Record<string, CompletionValues> = {
  tasklet: { kind: 'tasklets' },
  tasklets: { kind: 'tasklets' },
  'run-id': { kind: 'runs' },
  cell: { kind: 'cells' },
  provider: { kind: 'words', words: PROVIDERS },
  daemon: { kind: 'words', words: DAEMON_NAMES },
  shell: { kind: 'words', words: ['bash', 'zsh', 'fish'] },
};

/** Options whose placeholder says less than their own name. */
const BY_NAME = /^--(tasklet|provider|cell)(?![\w-])/;

/**
 * The values of an option or argument.
 *
 * @param notation commander's, such as `--tasklet <name>` or `[tasklets...]`
 * @param choices the only values there are, if these are known
 */
export function completionValues(notation: string, choices?: readonly string[]): CompletionValues {
  if (choices !== undefined) return { kind: 'words', words: choices };
  const placeholder = /[<[]([\w-]+)/.exec(notation)?.[1] ?? '';
  return BY_PLACEHOLDER[BY_NAME.exec(notation)?.[1] ?? placeholder] ?? { kind: 'files' };
}
