import { GrafosError } from '../../base/grafosError.ts';

/**
 * The refusal to use a cell or a stack that a file names and that this user neither made nor
 * confirmed.
 */
export class NotConfirmedError extends GrafosError {
  /** The question that a person can answer with yes or no. */
  readonly question: string;
  /** The facts that the answer depends on, each with its name. */
  readonly facts: ReadonlyArray<readonly [name: string, value: string]>;
  readonly #confirm: () => Promise<void>;

  constructor(
    code: 'cell_not_confirmed' | 'stack_not_confirmed',
    what: string,
    more: {
      why: string;
      next: string;
      question: string;
      facts: ReadonlyArray<readonly [string, string]>;
      confirm: () => Promise<void>;
    },
  ) {
    super(code, what, { why: more.why, next: more.next });
    this.question = more.question;
    this.facts = more.facts;
    this.#confirm = more.confirm;
  }

  /** Remembers that this user said yes, to exactly what the facts name. */
  confirm(): Promise<void> {
    return this.#confirm();
  }
}
