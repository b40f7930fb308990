import { LIMITS } from '../../base/limits.ts';
import { PROFILE_LIMITS, type ProfileLimits } from '../../daemons/wire/profileLimits.ts';
import type { RunRecord } from '../../daemons/wire/tenantApi.ts';
import { compileWat } from '../helpers/compileWat.ts';
import { expensiveModule } from './expensiveCode.ts';

/** A run of a stranger that a profile or a replay must not do to its end. */
export interface HostileProfile {
  name: string;
  /** The row of docs/reference/limits.md, "Of a profile", that it is about. */
  limit: keyof ProfileLimits;
  module(): Uint8Array;
  record: Partial<RunRecord>;
  /** Bounds that a test makes smaller, so that it meets them soon. */
  bounds: Partial<ProfileLimits>;
  code: 'not_profiled' | 'profile_failed';
  /** Words that the reason must have. */
  says: RegExp;
}

const MIB = 1024 * 1024;

const tasklet = (run: string) =>
  compileWat(`(module (memory (export "memory") 1)
    (func (export "_grafos_tasklet_init") (param i32 i32))
    (func (export "_grafos_tasklet_run") (param i32 i32) (result i32) ${run} (i32.const 0))
    (func (export "_grafos_tasklet_finalize")))`);
const endless = () => tasklet('(loop (br 0))');
const fuel = LIMITS.fuelMax;

/** A case for each bound of a profile. */
export const PROFILE_CORPUS: HostileProfile[] = [
  {
    name: 'a function of which the compilers take gibibytes',
    limit: 'processMemory',
    module: () => expensiveModule('ifs one after another', 50_000, 100),
    record: { fuel },
    bounds: { processMemory: 192 * MIB },
    code: 'not_profiled',
    says: /more than 192 MiB/,
  },
  {
    name: 'half a gibibyte of memory, of which all is written',
    limit: 'processMemory',
    module: () =>
      tasklet(`(local i32) (drop (memory.grow (i32.const 8191)))
        (loop (i32.store (local.get 0) (i32.const 1))
          (local.set 0 (i32.and (i32.add (local.get 0) (i32.const 4096)) (i32.const 0x1fffffff))) (br 0))`),
    record: { fuel, linear_memory_bytes: 4096 * MIB },
    bounds: { processMemory: 192 * MIB },
    code: 'not_profiled',
    says: /more than 192 MiB/,
  },
  {
    name: 'half a tebibyte of fabric memory',
    limit: 'fabricMemory',
    module: endless,
    record: { mem_bytes: 2 ** 39 },
    bounds: {},
    code: 'not_profiled',
    says: /549755813888 bytes of fabric memory, and 1073741824 is the most/,
  },
  {
    name: 'a byte more of fabric memory than a tenant has',
    limit: 'fabricMemory',
    module: endless,
    record: { mem_bytes: PROFILE_LIMITS.fabricMemory + 1 },
    bounds: {},
    code: 'not_profiled',
    says: /is the most/,
  },
  {
    name: 'an endless loop with all fuel, and a millisecond',
    limit: 'baseMs',
    module: endless,
    record: { fuel, timeout_ms: 1 },
    bounds: { baseMs: 1_000 },
    code: 'not_profiled',
    says: /more than 1\.01 s/,
  },
  {
    name: 'an endless loop with all fuel, and a little time',
    limit: 'timeFactor',
    module: endless,
    record: { fuel, timeout_ms: 100 },
    bounds: { baseMs: 0 },
    code: 'not_profiled',
    says: /more than 1 s/,
  },
  {
    name: 'an endless loop with all fuel and time',
    limit: 'timeMs',
    module: endless,
    record: { fuel, timeout_ms: LIMITS.timeoutMsMax },
    bounds: { timeMs: 900 },
    code: 'not_profiled',
    says: /more than 0\.9 s/,
  },
  {
    name: 'more counters than anybody reads',
    limit: 'answer',
    module: () => tasklet('(nop)'.repeat(10_000)),
    record: { fuel },
    bounds: { answer: 10_000 },
    code: 'not_profiled',
    says: /counters take more/,
  },
  {
    name: 'fabric memory of which there can be none',
    limit: 'words',
    module: endless,
    record: { mem_bytes: -1 },
    bounds: { words: 10 },
    code: 'profile_failed',
    says: /^it ended with code 1$/,
  },
];
