import type { Refusal, RefusalReason } from '../wire/tenantApi.ts';

/** A request that is answered with a {@link Refusal}. `next` says what to do about it. */
export class RefusedError extends Error {
  readonly reason: RefusalReason;
  readonly next: string | undefined;

  constructor(reason: RefusalReason, message: string, next?: string) {
    super(message);
    this.name = 'RefusedError';
    this.reason = reason;
    this.next = next;
  }

  body(): Refusal {
    const { reason, message, next } = this;
    return { error: next === undefined ? { reason, message } : { reason, message, next } };
  }
}
