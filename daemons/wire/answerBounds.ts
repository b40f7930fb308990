import { LIMITS } from '../../base/limits.ts';
import type { ArtifactName } from './tenantApi.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * The most bytes that a client reads of an answer (docs/reference/limits.md). An honest scheduler
 * stays far below each of them.
 */
export const ANSWER_BYTES = {
  /** One thing without an output: a health, a quota, a refusal. */
  small: 64 * KIB,
  /** A run with its output, which is there as the tasklet wrote it. */
  run: LIMITS.output + MIB,
  /** One entry of a list; a run's error message is the longest part of any. */
  entry: 8 * KIB,
  /** A list whose length the client did not choose. */
  list: 16 * MIB,
  /** One event of the stream of all runs; no run has its output there. */
  runsEvent: MIB,
} as const;

/**
 * The most bytes of each artifact. `response.json` is indented, and JSON at the deepest nesting
 * then grows with its depth: 64 KiB of output, the longest that is indented, become 33 MiB.
 */
export const ARTIFACT_BYTES: Record<ArtifactName, number> = {
  'response.json': 40 * MIB,
  'output.b64': Math.ceil(LIMITS.output / 3) * 4 + 4,
  'input.bin': LIMITS.input,
  'run.log': LIMITS.log + KIB,
  'run.json': 64 * KIB,
};
