import { type ErrorCode, type ErrorKind, EXIT_CODE, kindOf } from './errorCodes.ts';

/**
 * An error for a person to read: what happened, why, and what to do next.
 *
 * `code` is stable, so that scripts can match it. Its kind is that of the catalogue; `kind` is
 * given for a code of two kinds only. Any other error that is thrown is our fault, not the user's.
 */
export class GrafosError extends Error {
  readonly kind: ErrorKind;
  readonly code: ErrorCode;
  readonly why: string | undefined;
  readonly next: string | undefined;

  constructor(
    code: ErrorCode,
    what: string,
    more: { why?: string; next?: string; cause?: unknown; kind?: ErrorKind } = {},
  ) {
    super(what, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'GrafosError';
    this.kind = more.kind ?? kindOf(code);
    this.code = code;
    this.why = more.why;
    this.next = more.next;
  }

  get exitCode(): number {
    return EXIT_CODE[this.kind];
  }
}
