import type { Load } from '../../test/helpers/measure.ts';

/**
 * Figures of a comparable tool on a tasklet that says hello. A figure that the tool has no notion
 * of is left out.
 */
export interface PeerFigures {
  /** Milliseconds from its start to its first answer. */
  first_answer_ms?: number;
  /** Milliseconds of one whole process that runs the tasklet once. */
  one_shot_ms?: number;
  /** MiB, proportional, half a second after the first answer. */
  idle_mib?: number;
  loads?: Load[];
}
