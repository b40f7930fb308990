import type { Run, RunResponse } from '../daemons/wire/tenantApi.ts';
import { formatSize } from '../program/size.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';
import type { Place } from '../toolchain/places/place.ts';
import { countText } from './countText.ts';
import { outputLines } from './outputLines.ts';
import { placeLines } from './placeLines.ts';
import type { Paint } from './printedLine.ts';

/**
 * An ended run for people: how it ended, its output, what it cost.
 *
 * @param isTerminal whether a long output is cut
 */
export function* responseLines(
  shown: ShownOutput,
  isTerminal: boolean,
  paint: Paint,
  places: readonly Place[] = [],
): Generator<string, void> {
  const { response } = shown;
  const { state, error, fuel_used, linear_memory_peak, duration_us } = response;
  yield `${stateText(state, paint)}  ${response.run_id}  ${paint('dim', `on ${response.cell_id} (${response.provider})`)}`;
  if (error !== null) {
    yield `  error     ${errorText(response)}`;
    yield `            ${error.message}`;
    yield* placeLines(places, paint);
  }
  yield* outputLines(shown, isTerminal, paint);
  yield `  fuel      ${countText(fuel_used)}`;
  yield `  memory    ${formatSize(linear_memory_peak)} linear`;
  yield `  duration  ${durationText(duration_us)}`;
}

export function errorText(response: RunResponse): string {
  const { error } = response;
  if (error === null) return '';
  if (error.code !== 'tasklet_failed') return error.code;
  return error.label ? error.label : `tasklet_failed (code ${error.exit_code ?? '?'})`;
}

export function stateText(state: Run['state'], paint: Paint): string {
  const style = state === 'succeeded' ? 'green' : state === 'failed' ? 'red' : 'yellow';
  return paint(style, state);
}

export function durationText(microseconds: number): string {
  return microseconds < 1000
    ? `${microseconds} us`
    : microseconds < 1_000_000
      ? `${(microseconds / 1000).toFixed(1)} ms`
      : `${(microseconds / 1e6).toFixed(2)} s`;
}

/** The exit code of a run: only a success is a good answer. */
export function runExitCode(run: Run): number {
  return run.state === 'failed' || run.state === 'cancelled' ? 1 : 0;
}
