import { GrafosError } from '../../base/grafosError.ts';

/** Makes the error of a command that needs an ended run, for a run that still goes on. */
export function notEnded(runId: string): GrafosError {
  return new GrafosError('run_not_ended', `Run ${runId} has not ended.`, {
    next: `Wait for its end: grafos runs wait ${runId}`,
  });
}
