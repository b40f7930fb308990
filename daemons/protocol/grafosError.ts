/** The kinds of errors of a command or daemon. Each kind has one exit code (docs/cli.md). */
export type ErrorKind = 'bad-answer' | 'usage' | 'unreachable' | 'refused' | 'interrupted';

export const EXIT_CODE: Record<ErrorKind, number> = {
  'bad-answer': 1,
  usage: 2,
  unreachable: 3,
  refused: 4,
  interrupted: 130,
};

/**
 * An error for a person to read: what happened, why, and what to do next.
 *
 * `code` is stable snake_case, so that scripts can match it. Any other error that is thrown is our
 * fault, not the user's.
 */
export class GrafosError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly why: string | undefined;
  readonly next: string | undefined;

  constructor(
    kind: ErrorKind,
    code: string,
    what: string,
    more: { why?: string; next?: string; cause?: unknown } = {},
  ) {
    super(what, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'GrafosError';
    this.kind = kind;
    this.code = code;
    this.why = more.why;
    this.next = more.next;
  }

  get exitCode(): number {
    return EXIT_CODE[this.kind];
  }
}
