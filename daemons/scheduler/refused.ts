import type { Refusal, RefusalReason } from '../wire/tenantApi.ts';

/** The next step where a refusal has none of its own. */
const NEXT: Partial<Record<RefusalReason, string>> = {
  bad_request: 'See what the address takes: /api/v1/openapi.json, or docs/reference/api.md.',
  body_too_large: 'Send a smaller body.',
};

/** A request that is answered with a {@link Refusal}. `next` says what to do about it. */
export class RefusedError extends Error {
  readonly reason: RefusalReason;
  readonly next: string | undefined;

  constructor(reason: RefusalReason, message: string, next?: string) {
    super(message);
    this.name = 'RefusedError';
    this.reason = reason;
    this.next = next ?? NEXT[reason];
  }

  body(): Refusal {
    const { reason, message, next } = this;
    return { error: next === undefined ? { reason, message } : { reason, message, next } };
  }
}
