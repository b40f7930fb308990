import type { ErrorCode, ErrorKind } from '../../base/errorCodes.ts';

/** The answer of the language server to `grafos/build` (docs/reference/protocol.md). */
export type BuildAnswer =
  | { built: { tasklet: string; output: string; bytes: number; sha256: string; duration_ms: number } }
  | { error: { kind: ErrorKind; code: ErrorCode; message: string; why: string | null; next: string | null } };

/** Builds a tasklet with a loaded compiler. Null: it cannot build now, and the command must. */
export type WarmBuilder = (root: string, tasklet: string, signal: AbortSignal) => Promise<BuildAnswer | null>;
