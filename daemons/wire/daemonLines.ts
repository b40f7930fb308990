import type { ErrorCode } from '../../base/errorCodes.ts';

/** The first line of a daemon on its stdout, JSON: it is ready. */
export interface ReadyLine<Facts> {
  ready: true;
  pid: number;
  facts: Facts;
}

/** The first line of a daemon on its stdout, JSON: it could not start. */
export interface FailedLine {
  ready: false;
  error: { code: ErrorCode; message: string; why?: string; next?: string };
}
