/**
 * Typed errors that a run can end with (docs/reference/tasklet-abi.md). `tasklet_failed` carries
 * the tasklet's own label and code.
 */
export const RUN_ERROR_CODES = [
  'fuel_exhausted',
  'out_of_memory',
  'deadline_exceeded',
  'cancelled',
  'module_invalid',
  'profile_violation',
  'trap_unreachable',
  'trap_memory_out_of_bounds',
  'trap_integer_divide_by_zero',
  'trap_integer_overflow',
  'trap_invalid_conversion',
  'trap_indirect_call',
  'trap_call_stack_exhausted',
  'output_too_large',
  'worker_lost',
  'tasklet_failed',
] as const;

export type RunErrorCode = (typeof RUN_ERROR_CODES)[number];

/** Errors whose cause is outside of the run. They stop the run at another instruction each time. */
export const OUTSIDE_ERRORS: ReadonlySet<RunErrorCode> = new Set(['deadline_exceeded', 'cancelled', 'worker_lost']);

/** Frames of a run's error at most. */
export const RUN_FRAMES_MAX = 32;

/** A call that was under way where a run ended. */
export interface RunFrame {
  /** Index of the function in the module. */
  function: number;
  /**
   * Byte of the instruction, from the start of the function's body.
   *
   * 0 is the function as a whole: it was just entered, or its fuel ended somewhere in it.
   */
  offset: number;
}

export interface RunError {
  code: RunErrorCode;
  /** One sentence for people; never needed to tell errors apart. */
  message: string;
  /** `tasklet_failed` only: the label given to `fail`, or null when the tasklet gave none. */
  label?: string | null;
  /** `tasklet_failed` only: what `_grafos_tasklet_run` returned. */
  exit_code?: number;
  /**
   * The calls under way where it ended, the innermost first, at most {@link RUN_FRAMES_MAX}.
   *
   * Missing where no code of the module was at fault, and in records of earlier versions.
   */
  frames?: RunFrame[];
}
