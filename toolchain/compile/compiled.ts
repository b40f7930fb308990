import type { Finding } from '../validate/finding.ts';
import type { SourceFile } from './sourceStamp.ts';

/** The result of a compiler for a tasklet, before the stamp. */
export interface Compiled {
  /** Null when there are errors. */
  wasm: Uint8Array | null;
  /** JSON (source map revision 3), or null where the compiler makes none. */
  sourceMap: string | null;
  diagnostics: Finding[];
  /** The program's files that went in, as they were read. */
  files: SourceFile[];
  /** Absolute path of the cargo that built it; only for Rust. */
  cargo?: string;
}
