import type { Finding } from '../toolchain/validate/finding.ts';

/** A request to the thread that checks, which does one check at a time. */
export type CheckRequest =
  | {
      kind: 'check';
      id: number;
      root: string;
      /** Only this tasklet; null for a program whose manifest cannot be read. */
      tasklet: string | null;
      overlay: ReadonlyMap<string, string>;
    }
  | { kind: 'cancel'; id: number }
  /** Load the AssemblyScript compiler, so that the first check need not wait for it. */
  | { kind: 'warm' };

export type CheckAnswer =
  /** `sources`: the program's files that the tasklet is made from, as far as its imports tell. */
  | { id: number; state: 'done'; findings: Finding[]; sources: string[] }
  | { id: number; state: 'cancelled' }
  | { id: number; state: 'failed'; message: string };
