import { join } from 'node:path';
import type { Tasklet } from '../../program/manifest.ts';
import { rustSource } from '../../program/rustSource.ts';
import { FILE_START, type Finding, finding } from './finding.ts';

/** Why a check or a compile was ended before it had an answer. */
export type GiveUp =
  /** It took longer than it may. */
  | 'time'
  /** It took more memory than it may. */
  | 'memory'
  /** The thread ended by itself, or threw what nobody expects. */
  | 'fault';

const WORDS: Record<GiveUp, string> = {
  time: 'took longer than it may',
  memory: 'took more memory than it may',
  fault: 'ended with a fault of its own',
};

/** The finding on a tasklet that nothing is known of, because its check was given up (GRF2007). */
export function givenUp(
  root: string,
  { name, kind, source }: Pick<Tasklet, 'name' | 'kind' | 'source'>,
  why: GiveUp,
  what: 'check' | 'build',
): Finding {
  const file = kind === 'rust' ? join(root, rustSource(source).crate, 'Cargo.toml') : join(root, source);
  return finding(
    'GRF2007',
    file,
    FILE_START,
    `The ${what} of "${name}" was given up: it ${WORDS[why]}, and what is wrong with the tasklet is not known. Undo the last change, or split the source into smaller parts; docs/reference/limits.md has the bounds.`,
  );
}
