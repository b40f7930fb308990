import { ANSWER_BYTES, ARTIFACT_BYTES } from '../wire/answerBounds.ts';
import type { AnswerName } from '../wire/answerChecks.ts';
import type { Run, RunEvent, RunsEvent } from '../wire/tenantApi.ts';
import type { CheckedAnswers } from './checkedAnswers.ts';
import { endWhenSilent } from './endWhenSilent.ts';
import { parseEventStream } from './eventStream.ts';

/** The answer as it comes, until `signal` aborts. */
export type OpenStream = (signal: AbortSignal) => AsyncIterable<Uint8Array>;

/** Three times what the scheduler is silent at most, milliseconds. */
const SILENCE_MS = 45_000;

/**
 * The most bytes of one run's stream: its end, its log with every character escaped, and an hour of
 * pings.
 */
const RUN_STREAM_BYTES = ANSWER_BYTES.run + 1024 * 1024;

const RUN_EVENTS: Record<Exclude<RunEvent['event'], 'listening'>, AnswerName> = {
  state: 'StateEvent',
  log: 'LogEvent',
  end: 'Run',
};
const RUNS_EVENTS: Record<Exclude<RunsEvent['event'], 'listening'>, AnswerName> = {
  state: 'RunsStateEvent',
  refused: 'RefusedEvent',
  end: 'Run',
  closed: 'ClosedEvent',
};

/** Events of one run. Unknown events are passed over. */
export function runEventStream(
  answers: CheckedAnswers,
  runId: string,
  open: OpenStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, void, undefined> {
  const bounds = {
    event: ANSWER_BYTES.run,
    stream: RUN_STREAM_BYTES,
    tooLong: (problem: string) => answers.wrong(problem),
  };
  let logged = 0;
  return parseEventStream(endWhenSilent(open, SILENCE_MS, signal), bounds, (event, bytes): RunEvent | null => {
    if (event === 'listening') return { event, data: {} };
    if (!Object.hasOwn(RUN_EVENTS, event)) return null;
    const data = answers.read<RunEvent['data']>(RUN_EVENTS[event as keyof typeof RUN_EVENTS], bytes);
    if ('text' in data) logged += data.text.length;
    if (logged > ARTIFACT_BYTES['run.log']) throw answers.wrong(`the log of run ${runId} is longer than any may be`);
    if (event === 'end') answers.checkRun(data as Run, { run_id: runId });
    else if ('run_id' in data && data.run_id !== runId)
      throw answers.wrong(`an event is of run ${data.run_id}, and ${runId} was asked for`);
    return { event, data } as RunEvent;
  });
}

/** Events of all runs that the client may see. Unknown events are passed over. */
export function allRunsStream(
  answers: CheckedAnswers,
  open: OpenStream,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunsEvent, void, undefined> {
  const bounds = {
    event: ANSWER_BYTES.runsEvent,
    stream: Number.POSITIVE_INFINITY,
    tooLong: (problem: string) => answers.wrong(problem),
  };
  return parseEventStream(endWhenSilent(open, SILENCE_MS, signal), bounds, (event, bytes): RunsEvent | null => {
    if (event === 'listening') return { event, data: {} };
    if (!Object.hasOwn(RUNS_EVENTS, event)) return null;
    const data = answers.read<RunsEvent['data']>(RUNS_EVENTS[event as keyof typeof RUNS_EVENTS], bytes);
    if (event === 'end') answers.checkRun(data as Run);
    if ('run' in data) answers.checkRun(data.run, { run_id: data.run_id });
    return { event, data } as RunsEvent;
  });
}
