import type { DaemonName, DevState } from '../../daemons/wire/devState.ts';

/**
 * The one state of a program's local stack, from which tree, status bar and context keys are drawn.
 */
export type StackState =
  | { kind: 'stopped' }
  | { kind: 'starting'; step: string }
  | { kind: 'running'; dev: DevState }
  /** Daemons that should run and do not. */
  | { kind: 'unhealthy'; dev: DevState; dead: DaemonName[] }
  | { kind: 'stopping' }
  /** The last start or stop did not succeed, or `dev.json` names no stack that may be used. */
  | { kind: 'failed'; error: Error };

export type StackStateKind = StackState['kind'];

/** The stack's record, in the states that have one. */
export function devOf(state: StackState): DevState | undefined {
  return state.kind === 'running' || state.kind === 'unhealthy' ? state.dev : undefined;
}
