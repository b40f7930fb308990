import type { MeteredModule } from '../../../wasm/meter/meteredModule.ts';
import { PAGE_BYTES } from '../../../wasm/read/pages.ts';
import type { RunError } from '../../wire/runError.ts';

/** Label of a tasklet without memory. It may end with the bytes that were asked for. */
const LABEL = /^out_of_memory(?:_([0-9]{1,10}))?$/;

/**
 * Makes the run error of a tasklet that found no memory (docs/reference/tasklet-abi.md).
 *
 * Such a tasklet gives the label `out_of_memory` or `out_of_memory_<bytes>`, then executes
 * `unreachable`.
 *
 * @param trap the run error that the trap alone would be
 * @param label the last one that the tasklet gave, null where it gave none
 * @param size bytes of the linear memory
 * @returns null where the trap has another cause
 */
export function outOfMemory(
  trap: RunError,
  label: string | null,
  size: number,
  metered: MeteredModule,
): RunError | null {
  const [match, bytes] = trap.code === 'trap_unreachable' && label !== null ? (LABEL.exec(label) ?? []) : [];
  if (match === undefined) return null;
  const wanted = bytes === undefined ? 'more memory' : `${bytes} bytes more`;
  const bound = (metered.memory?.max ?? 0) * PAGE_BYTES;
  return {
    code: 'out_of_memory',
    message:
      `The tasklet asked for ${wanted}: its linear memory has ${size} bytes and may have ${bound}. ` +
      'Raise `linear_memory` in grafos.toml.',
  };
}
