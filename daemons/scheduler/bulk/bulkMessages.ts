/**
 * Messages between the scheduler and its bulk worker (structured clone). The worker does one task
 * at a time and answers each once.
 */
import type { RefusalReason, RunSubmit } from '../../wire/tenantApi.ts';

export type BulkTask =
  /** Is the file's content JSON? */
  | { kind: 'json'; path: string }
  /** The body of a submit, whose buffer is moved. */
  | { kind: 'submit'; body: Uint8Array };

/** A submit whose input was taken out of its body, which says `''` in its place. */
export interface LargeSubmit {
  /** Not checked against any schema. */
  body: RunSubmit;
  input: Uint8Array;
  input_sha256: string;
}

export type BulkAnswer =
  /** The same JSON on one line, so that it can be put into other JSON and into an event stream. */
  | { kind: 'json'; text: Uint8Array | null }
  | { kind: 'submit'; submit: LargeSubmit }
  | { kind: 'refused'; reason: RefusalReason; message: string };
