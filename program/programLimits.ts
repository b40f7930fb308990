import { LIMITS } from '../base/limits.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * The bounds on what is read of a program (docs/reference/limits.md, "Of a program"). Bytes of one
 * file, unless the comment says otherwise.
 */
export const PROGRAM_LIMITS = {
  /** The parser of TOML takes about a thousand times the text in memory. */
  manifest: 128 * KIB,
  /** A `.ts` or `.wat` file that our compilers read. */
  source: 8 * MIB,
  /** A source that is checked as it is typed; a larger one is only built. */
  checkedSource: 2 * MIB,
  /** A file that cargo read: it may be data that ends up in the module. */
  crateFile: LIMITS.module,
  /** The list of the files that cargo read. */
  dependencyList: MIB,
  module: LIMITS.module,
  sourceMap: 32 * MIB,
  /** Characters of a source map's mappings: those of a module of about 2.5 MB. */
  mappings: 4 * MIB,
  fixtureInput: LIMITS.input,
  /** A larger output is expected by its digest. */
  fixtureExpected: 4 * MIB,
  profile: 16 * MIB,
  /** The `grafos.source` section of a module. */
  stamp: MIB,
  tsconfig: MIB,
  /** `dev.json` and the lists of cells. */
  state: MIB,
  /** A run as one file: its module and input in base64, its response, record and log. */
  runBundle: 96 * MIB,
  /** Names in one folder. */
  folderEntries: 20_000,
  /** Files of the program that one AssemblyScript tasklet is made from. */
  sourceFiles: 2_000,
  /** Files that one check, build or test reads. */
  files: 20_000,
  /** Bytes that one check, build or test reads of a program. */
  totalBytes: 256 * MIB,
} as const;

/** The kinds of files that a program has, each with a bound of its own. */
export type ProgramFileKind = Exclude<
  keyof typeof PROGRAM_LIMITS,
  'mappings' | 'folderEntries' | 'sourceFiles' | 'files' | 'totalBytes'
>;
