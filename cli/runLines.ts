import type { Place } from '../daemons/wire/place.ts';
import type { Run, RunResponse } from '../daemons/wire/tenantApi.ts';
import { formatSize } from '../program/size.ts';
import type { FuelAdvice } from '../toolchain/fuel/exhaustedAdvice.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';
import { placeText } from '../toolchain/places/placeText.ts';
import { outputLines } from './outputLines.ts';
import type { Paint } from './printedLine.ts';
import { countText, durationText } from './text.ts';

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

/** The exit code of a run: only a success is a good answer. */
export function runExitCode(run: Run): number {
  return run.state === 'failed' || run.state === 'cancelled' ? 1 : 0;
}

/** Calls that are printed at most; `--json` has them all. */
const CALLS_MAX = 8;

/** Lists where a run failed: its first place with the source line, then the calls before it. */
export function placeLines(places: readonly Place[], paint: Paint): string[] {
  const [first, ...calls] = places;
  if (first === undefined) return [];
  const excerpt = first.excerpt === null || first.excerpt === '' ? [] : [`            ${first.excerpt}`];
  return [
    `  at        ${placeText(first)}`,
    ...excerpt,
    ...calls.slice(0, CALLS_MAX).map((place) => paint('dim', `            ${placeWord(place)}${placeText(place)}`)),
    ...(calls.length > CALLS_MAX ? [paint('dim', `            and ${calls.length - CALLS_MAX} more (--json)`)] : []),
  ];
}

function placeWord({ own, left_out }: Place): string {
  if (left_out !== undefined) return '';
  return own ? 'from ' : 'in ';
}

/** Lists why a run had too little fuel and what to do. Other runs have no lines. */
export function adviceLines(advice: FuelAdvice | null): string[] {
  if (advice === null) return [];
  const { used, budget, at, next } = advice;
  return [
    `  budget    used ${countText(used)} of ${countText(budget)}${at === null ? '' : ` (${at})`}`,
    ...next.map((line, index) => `  ${index === 0 ? 'next:' : '     '} ${line}`),
  ];
}
