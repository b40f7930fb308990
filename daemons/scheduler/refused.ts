import type { Refusal, RefusalReason } from '../protocol/tenantApi.ts';

/** The HTTP status of each reason. */
export const REFUSAL_STATUS: Record<RefusalReason, number> = {
  client_certificate_missing: 401,
  client_certificate_untrusted: 401,
  client_certificate_expired: 401,
  client_certificate_unfit: 401,
  token_missing: 401,
  token_malformed: 401,
  token_algorithm_refused: 401,
  token_signature_invalid: 401,
  token_audience_mismatch: 401,
  token_expired: 401,
  token_lifetime_too_long: 401,
  token_certificate_mismatch: 401,
  token_replayed: 401,
  tenant_unknown: 401,
  role_required: 403,
  run_of_another_tenant: 403,
  not_found: 404,
  bad_request: 400,
  body_too_large: 413,
  module_hash_mismatch: 422,
  module_unknown: 422,
  module_suspect: 409,
  idempotency_key_reused: 409,
  tenant_exists: 409,
  leases_active: 409,
  too_many_streams: 429,
  'lease_denied: quota': 429,
  'lease_denied: capacity': 503,
  lease_ended: 409,
  quota_hard_limit_exceeded: 429,
  quota_burst_exceeded: 429,
  placement_policy_excluded: 422,
  runtime_not_ready: 503,
  scheduler_standby: 503,
  shutting_down: 503,
  storage_unavailable: 503,
  internal_error: 500,
};

/** A request that is answered with a {@link Refusal}. `next` says what to do about it. */
export class Refused extends Error {
  readonly reason: RefusalReason;
  readonly status: number;
  readonly next: string | undefined;

  constructor(reason: RefusalReason, message: string, next?: string, status: number = REFUSAL_STATUS[reason]) {
    super(message);
    this.name = 'Refused';
    this.reason = reason;
    this.status = status;
    this.next = next;
  }

  body(): Refusal {
    const { reason, message, next } = this;
    return { error: next === undefined ? { reason, message } : { reason, message, next } };
  }
}
