import { isErrorCode } from '../../base/errorCodes.ts';
import { GrafosError } from '../../base/grafosError.ts';
import type { HelperRefusalBody } from '../../daemons/wire/helperApi.ts';

/**
 * Lets the helper of a running stack answer to one more name, until it ends.
 *
 * @param access the helper's own address, and its bearer
 * @param host name that the browser has for a forwarded port, with the port where its address has
 *   one
 * @throws {GrafosError} helper_unreachable, and the helper's refusal
 */
export async function allowHelperHost(
  access: { url: string; bearer: string },
  host: string,
  signal: AbortSignal,
): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(`${access.url}/v1/hosts`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${access.bearer}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ host }),
      redirect: 'error',
      signal,
    });
  } catch (error) {
    throw new GrafosError('helper_unreachable', `The helper at ${access.url} does not answer.`, {
      next: 'Start the stack again: grafos dev up',
      cause: error,
    });
  }
  if (answer.ok) {
    await answer.body?.cancel();
    return;
  }
  const { error } = (await answer.json()) as HelperRefusalBody;
  const code = isErrorCode(error.reason) ? error.reason : 'helper_unreachable';
  throw new GrafosError(code, `The helper does not answer to ${host}: ${error.message}`, {
    ...(error.next === undefined ? {} : { next: error.next }),
  });
}
