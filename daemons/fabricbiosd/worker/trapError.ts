import type { RunError, RunErrorCode } from '../../wire/runError.ts';
import { HostTrapError } from './hostTrap.ts';

/**
 * The messages of V8 for traps of WebAssembly, and the run error of each.
 *
 * V8 has one message for both ways in which a float fails to become an integer, so a value out of
 * range is `trap_invalid_conversion`, too. Anything about a table is `trap_indirect_call`.
 */
const TRAPS: ReadonlyArray<readonly [message: RegExp, code: RunErrorCode, sentence: string]> = [
  [
    /^unreachable$/,
    'trap_unreachable',
    'The tasklet executed `unreachable`, which is how compilers end a panic or abort',
  ],
  [
    /^memory access out of bounds$|^data segment (\d+ is )?out of bounds|data segment \d+ is out of bounds/,
    'trap_memory_out_of_bounds',
    'The tasklet accessed memory outside its linear memory',
  ],
  [/^divide by zero$|^remainder by zero$/, 'trap_integer_divide_by_zero', 'The tasklet divided an integer by zero'],
  [
    /^divide result unrepresentable$/,
    'trap_integer_overflow',
    'The tasklet divided the smallest integer by minus one, whose result does not fit',
  ],
  [
    /^float unrepresentable in integer range$/,
    'trap_invalid_conversion',
    'The tasklet converted a float to an integer that cannot hold it',
  ],
  [
    /table index is out of bounds|^null function or function signature mismatch|^dereferencing a null pointer$|^element segment (\d+ is )?out of bounds|table initializer|table access|^function signature mismatch$/,
    'trap_indirect_call',
    'The tasklet used a table entry that is not there, is null, or has another signature',
  ],
];

/**
 * The run error for an error that a call into an instance threw; null when it is no trap but a
 * fault of the cell.
 */
export function trapError(thrown: unknown): RunError | null {
  if (thrown instanceof HostTrapError) {
    return {
      code: 'trap_memory_out_of_bounds',
      message: `The tasklet gave the host function ${thrown.hostFunction} a pointer outside its linear memory.`,
    };
  }
  if (thrown instanceof RangeError && thrown.message === 'Maximum call stack size exceeded') {
    return tooDeep();
  }
  if (!(thrown instanceof WebAssembly.RuntimeError)) return null;
  const known = TRAPS.find(([message]) => message.test(thrown.message));
  if (known === undefined) return null;
  return { code: known[1], message: `${known[2]}.` };
}

/**
 * The run error for calls deeper than the meter's bound, or than the engine's where that is less.
 */
export function tooDeep(): RunError {
  return {
    code: 'trap_call_stack_exhausted',
    message: 'The tasklet called itself too deep: its call stack is used up.',
  };
}
