import type { Readable } from 'node:stream';
import type { Actor } from '../auth/connection.ts';
import type { LargeSubmit } from '../bulk/bulkMessages.ts';
import type { OperationId } from '../openapi/operations.ts';
import type { Content } from '../runs/runContent.ts';

/** One request that passed authentication and validation: what a handler gets to see of it. */
export interface Call {
  /** Whoever holds the token. */
  actor: Actor;
  params: Readonly<Record<string, string>>;
  /** Defaults filled in, numbers as numbers. */
  query: Readonly<Record<string, string | number | undefined>>;
  headers: Readonly<Record<string, string | undefined>>;
  /** As the operation's schema says; for `bytes` an AsyncIterable of them. */
  body: unknown;
  /** The large part of a body, which was taken out of it. */
  large: LargeSubmit | undefined;
  /** Writes the decision down before the handler is done, for one that then waits or streams. */
  allow(subject: string | null): void;
}

export type Answer =
  | { status: number; json: unknown; subject?: string | null }
  /** JSON that is too long to be one text, or bytes. */
  | { status: number; type: 'json' | 'bytes'; pieces: Content; subject?: string | null }
  | { status: number; events: Readable }
  | { status: number; subject?: string | null };

/** Throws {@link RefusedError} for every no. */
export type Handler = (call: Call) => Answer | Promise<Answer>;

/** Operations without a token have no actor, and go without an audit record. */
export type OpenHandler = () => Answer;

export type Handlers = Record<Exclude<OperationId, 'health' | 'openapi'>, Handler>;
