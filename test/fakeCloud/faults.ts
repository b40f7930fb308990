/** A fault at a call. */
export type Fault =
  /** A 500 without any effect. */
  | 'error'
  /** Refused because of too many requests, without any effect. */
  | 'throttle'
  /** The effect happens, and the answer is lost. */
  | 'lost'
  /** The caller dies before the effect. */
  | 'kill-before'
  /** The caller dies after the effect, before the answer. */
  | 'kill-after';

export interface RecordedCall {
  /** 1 for the first. */
  number: number;
  /** `cloudformation CreateStack`, or `POST …/instances`. */
  name: string;
  /** Findings of the published models; a sound client has none. */
  findings: string[];
}
