import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunResponse } from '../../daemons/wire/tenantApi.ts';
import { outputText } from './outputText.ts';

/** An ended run with its output in a form that can be shown. */
export interface ShownOutput {
  response: ShownResponse;
  /**
   * The output's own bytes; null where `response.output` has all of it and they were not asked for.
   */
  bytes: Buffer | null;
}

export interface ShownResponse extends RunResponse {
  /** The output as text; null where `output` has it as JSON, and where it is no text. */
  output_text: string | null;
}

/**
 * Fetches of an output what its response does not say.
 *
 * @param isWanted whether the bytes are needed in any case
 * @throws {GrafosError} a refusal, cell_answer_invalid, interrupted
 */
export async function shownOutput(
  client: SchedulerClient,
  response: RunResponse,
  { isWanted, signal }: { isWanted: boolean; signal: AbortSignal },
): Promise<ShownOutput> {
  const isSaid = response.output !== null;
  const bytes = response.output_bytes === 0 ? Buffer.alloc(0) : null;
  const fetched = bytes ?? (isSaid && !isWanted ? null : await client.output(response, { signal }));
  const text = isSaid || fetched === null ? null : outputText(fetched);
  return { response: withText(response, text), bytes: fetched };
}

/** Puts the text beside the output, where people look for it in JSON. */
function withText(response: RunResponse, output_text: string | null): ShownResponse {
  const { run_id, state, error, output, ...rest } = response;
  return { run_id, state, error, output, output_text, ...rest };
}
