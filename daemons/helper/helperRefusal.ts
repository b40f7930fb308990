import { GrafosError } from '../../base/grafosError.ts';
import type { HelperReason, HelperRefusalBody } from '../wire/helperApi.ts';

/** A request that is answered with `status` and `{error: {reason, message, next}}`. */
export class HelperRefusedError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly next: string | undefined;
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    reason: HelperReason,
    message: string,
    more: { next?: string; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = 'HelperRefusedError';
    this.status = status;
    this.reason = reason;
    this.next = more.next;
    this.headers = more.headers ?? {};
  }
}

export interface RefusalAnswer {
  status: number;
  headers: Record<string, string>;
  body: HelperRefusalBody;
}

/**
 * The answer to an error that was thrown while a request was served. Undefined when it is not a
 * refusal but our own fault.
 */
export function refusalAnswer(error: unknown): RefusalAnswer | undefined {
  if (error instanceof HelperRefusedError)
    return answer(error.status, error.reason, error.message, error.next, error.headers);
  if (!(error instanceof GrafosError)) return undefined;
  const message = error.why === undefined ? error.message : `${error.message.replace(/\.$/, '')}: ${error.why}`;
  switch (error.kind) {
    case 'unreachable':
      return answer(
        503,
        error.code,
        message,
        error.next ?? 'Look at the stack with `grafos dev doctor`; `grafos dev up` starts it again.',
      );
    case 'refused':
      return answer(STATUS_OF_REASON[error.code] ?? 403, error.code, message, error.next);
    case 'usage':
      return answer(STATUS_OF_REASON[error.code] ?? 409, error.code, message, error.next);
    case 'bad-answer':
    case 'interrupted':
      return answer(502, error.code, message, error.next);
  }
}

/** Statuses of the scheduler's reasons, where 403 would say less. */
const STATUS_OF_REASON: Record<string, number> = {
  not_found: 404,
  bad_request: 400,
  body_too_large: 413,
  module_unknown: 409,
  module_hash_mismatch: 409,
  idempotency_key_reused: 409,
  lease_ended: 409,
  'lease_denied: quota': 429,
  'lease_denied: capacity': 503,
  quota_hard_limit_exceeded: 429,
  quota_burst_exceeded: 429,
  runtime_not_ready: 503,
  scheduler_standby: 503,
  shutting_down: 503,
  too_many_streams: 503,
  internal_error: 502,
};

function answer(
  status: number,
  reason: string,
  message: string,
  next: string | undefined,
  headers: Record<string, string> = {},
): RefusalAnswer {
  return { status, headers, body: { error: { reason, message, ...(next === undefined ? {} : { next }) } } };
}
