import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../../base/grafosError.ts';
import { plainText } from '../../../base/text/plainText.ts';
import { type CloudFault, cloudError } from '../cloudError.ts';

const COMPUTE = 'https://compute.googleapis.com/compute/v1';
/** Tries of one request, the first included, and the wait after the first, milliseconds. */
const TRIES = 4;
const FIRST_WAIT_MS = 300;
/** An operation may take two minutes to answer. */
const ANSWER_MS = 150_000;

export interface ComputeRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the project, such as `global/networks`. */
  path: string;
  query?: Record<string, string>;
  body?: unknown;
}

/** An answer of Compute Engine; undefined for 404. */
export type ComputeAnswer = Record<string, unknown> | undefined;

export interface ComputeClient {
  project: string;
  principal: string;
  /**
   * Sends a request, and again where it may succeed later.
   *
   * @param known statuses that the caller understands besides 404: they are answered by undefined
   */
  send(request: ComputeRequest, signal: AbortSignal, known?: readonly number[]): Promise<ComputeAnswer>;
}

/**
 * A client of Compute Engine with the application default credentials.
 *
 * @throws {GrafosError} cloud_credentials_missing
 */
export async function computeClient(): Promise<ComputeClient> {
  try {
    const { googleCredentials } = await import('./googleCredentials.ts');
    const { project, email, authorization } = await googleCredentials();
    const principal = email ?? 'the application default credentials';
    return {
      project,
      principal,
      send: (request, signal, known) => send(project, authorization, request, signal, known),
    };
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : String(cause);
    throw cloudError('gcp', 'no-credentials', 'credentials', words, cause);
  }
}

async function send(
  project: string,
  authorization: (url: string) => Promise<string>,
  request: ComputeRequest,
  signal: AbortSignal,
  known: readonly number[] = [],
): Promise<ComputeAnswer> {
  const { method, path, query = {}, body } = request;
  const doing = `${method} ${path}`;
  const url = `${COMPUTE}/projects/${project}/${path}?${new URLSearchParams(query)}`;
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    const answer = await attempt(doing, url, authorization, { method, body, signal });
    if (answer instanceof GrafosError) {
      const isPassing = answer.code === 'cloud_busy' || answer.code === 'cloud_unreachable';
      if (!isPassing || tries === TRIES) throw answer;
      await delay(FIRST_WAIT_MS * 2 ** (tries - 1), undefined, { signal }).catch(() => signal.throwIfAborted());
    } else if (answer.status === 404 || known.includes(answer.status)) return undefined;
    else if (answer.status < 300) return answer.body;
    else throw refusalOf(doing, answer);
  }
}

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

/** One try. Errors that may pass are returned; credentials that fail are thrown. */
async function attempt(
  doing: string,
  url: string,
  authorization: (url: string) => Promise<string>,
  { method, body, signal }: { method: string; body: unknown; signal: AbortSignal },
): Promise<Answer | GrafosError> {
  let bearer: string;
  try {
    bearer = await authorization(url);
  } catch (cause) {
    throw cloudError(
      'gcp',
      'bad-credentials',
      'credentials',
      cause instanceof Error ? cause.message : String(cause),
      cause,
    );
  }
  try {
    const answer = await fetch(url, {
      method,
      headers: { authorization: bearer, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    const text = await answer.text();
    const parsed: unknown = text === '' ? {} : JSON.parse(text);
    const own = { status: answer.status, body: (parsed ?? {}) as Record<string, unknown> };
    const isBusy = answer.status === 429 || answer.status >= 500 || reasonOf(own) === 'rateLimitExceeded';
    return isBusy ? cloudError('gcp', 'busy', doing, wordsOf(own), undefined) : own;
  } catch (cause) {
    signal.throwIfAborted();
    return cloudError('gcp', 'network', doing, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function refusalOf(doing: string, answer: Answer): GrafosError {
  const faults: Record<number, CloudFault> = { 401: 'bad-credentials', 403: 'denied' };
  return cloudError('gcp', faults[answer.status] ?? 'refused', doing, wordsOf(answer), undefined);
}

function errorOf({ body }: Answer): { message?: unknown; errors?: Array<{ reason?: unknown }> } {
  return typeof body.error === 'object' && body.error !== null ? body.error : {};
}

function reasonOf(answer: Answer): unknown {
  const { errors } = errorOf(answer);
  return Array.isArray(errors) ? errors[0]?.reason : undefined;
}

function wordsOf(answer: Answer): string {
  return plainText(String(errorOf(answer).message ?? `status ${answer.status}`), 500);
}
