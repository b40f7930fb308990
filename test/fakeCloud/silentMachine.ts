import { NOWHERE } from '../helpers/nowhere.ts';
import type { Machine } from './machine.ts';

/** A machine that does nothing at all: for tests of what happens before it tells its key. */
export function silentMachine(): Machine {
  return {
    root: NOWHERE,
    console: () => '',
    reboot: async () => {},
    run: () => '',
    [Symbol.dispose]() {},
  };
}
