/**
 * The one table of `grafos.toml`: every key, its type, bounds, default and words.
 *
 * The parser, hover text, docs/guide/manifest.md and media/grafos.schema.json come from it, so that
 * they cannot contradict each other.
 */
import { LIMITS } from '../base/limits.ts';
import { PAGE_BYTES, PAGES_MAX } from '../wasm/read/pages.ts';

/**
 * Kind of a key's value. `name`, `version`, `source` and `path` are text; `size` is bytes or text;
 * `duration` is text; `count` an integer; `features` a list of {@link MODULE_FEATURES}; `transport`
 * one of {@link TRANSPORTS}.
 */
export type ValueKind =
  | 'name'
  | 'version'
  | 'source'
  | 'path'
  | 'size'
  | 'duration'
  | 'count'
  | 'features'
  | 'transport';

/** Extensions of WebAssembly that a tasklet can be built with or without. */
export const MODULE_FEATURES = ['bulk-memory', 'simd'] as const;
export type ModuleFeature = (typeof MODULE_FEATURES)[number];

/** Values of `transport`, for fabric control. */
export const TRANSPORTS = ['auto', 'quic', 'tcp'] as const;

export interface ManifestKey {
  table: TableName;
  key: string;
  kind: ValueKind;
  /**
   * The default as it would be written in the manifest, without quotes; null when the key must be
   * given. `<name>` means the name of the tasklet.
   */
  default: string | null;
  /** Bounds of the value in its own unit: bytes, milliseconds or a count. */
  min?: number;
  max?: number;
  unit?: string;
  example: string;
  doc: string;
}

/** The tables of a manifest as their headers are written. */
export const TABLES = {
  program: { header: '[program]', doc: 'The program: one manifest has one.' },
  tasklet: {
    header: '[[tasklet]]',
    doc: 'One tasklet: a unit of compute built to one WebAssembly module. Repeat the header for each.',
  },
  requires: {
    header: '[tasklet.requires]',
    doc: 'Resource hints of the tasklet above it. `grafos validate` warns where a provider cannot give them.',
  },
  stack: {
    header: '[stack]',
    doc: 'The local stack of the program: what `grafos dev up` asks for where no option says something else.',
  },
} as const;
export type TableName = keyof typeof TABLES;

const PORT_DOCS = {
  fabric: 'fabric control',
  mem: 'the memory data plane',
  scheduler: 'the scheduler',
  helper: 'the helper, which serves the dashboard',
};

export const MANIFEST_KEYS = [
  {
    table: 'program',
    key: 'name',
    kind: 'name',
    default: null,
    example: '"local-dev"',
    doc: 'Name of the program: a lower-case letter, then at most 62 lower-case letters, digits or hyphens.',
  },
  {
    table: 'program',
    key: 'version',
    kind: 'version',
    default: null,
    example: '"0.1.0"',
    doc: 'Version of the program (Semantic Versioning 2.0.0). Each run records it.',
  },
  {
    table: 'tasklet',
    key: 'name',
    kind: 'name',
    default: null,
    example: '"local-dev"',
    doc: 'Name of the tasklet, unique in the program; the same pattern as the name of the program.',
  },
  {
    table: 'tasklet',
    key: 'source',
    kind: 'source',
    default: null,
    example: '"tasklets/local-dev.ts"',
    doc: 'What the tasklet is made from: a `.ts` file (AssemblyScript), a folder with a `Cargo.toml` or, of a crate with several tasklets, one of its `src/tasklets/<name>.rs` (Rust), a `.wat` file, or a prebuilt `.wasm` file.',
  },
  {
    table: 'tasklet',
    key: 'output',
    kind: 'path',
    default: 'build/<name>.wasm',
    example: '"build/local-dev.wasm"',
    doc: 'Where `grafos tasklet build` writes the module.',
  },
  {
    table: 'tasklet',
    key: 'fuel',
    kind: 'count',
    default: '500_000',
    min: 1,
    max: LIMITS.fuelMax,
    unit: 'executed wasm instructions',
    example: '500_000',
    doc: 'Budget of a run: one unit for each executed wasm instruction. A run that needs more ends as `fuel_exhausted`.',
  },
  {
    table: 'tasklet',
    key: 'linear_memory',
    kind: 'size',
    default: '32MiB',
    min: PAGE_BYTES,
    max: PAGES_MAX * PAGE_BYTES,
    unit: 'bytes',
    example: '"32MiB"',
    doc: "Bound on the module's own memory. `memory.grow` past it returns -1. Not the fabric memory that `mem` leases.",
  },
  {
    table: 'tasklet',
    key: 'mem',
    kind: 'size',
    default: '0',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    unit: 'bytes',
    example: '"32KiB"',
    doc: "Fabric memory a deploy leases for the run when `--mem` is not given; 0 = no lease. Not the module's own memory, which `linear_memory` bounds.",
  },
  {
    table: 'tasklet',
    key: 'timeout',
    kind: 'duration',
    default: '30s',
    min: 1,
    max: LIMITS.timeoutMsMax,
    unit: 'milliseconds of wall clock',
    example: '"30s"',
    doc: 'Wall clock a run may take. A run that takes longer ends as `deadline_exceeded`.',
  },
  {
    table: 'tasklet',
    key: 'features',
    kind: 'features',
    default: '["bulk-memory", "simd"]',
    example: '["bulk-memory", "simd"]',
    doc: 'Extensions of WebAssembly that the build may use, of `bulk-memory` and `simd`; `[]` is none. It counts for AssemblyScript and Rust, whose compilers choose instructions; every cell runs both.',
  },
  {
    table: 'tasklet',
    key: 'fixtures',
    kind: 'path',
    default: 'fixtures/<name>',
    example: '"fixtures/local-dev"',
    doc: 'Folder with the cases `grafos test` runs: `<case>.input.json` or `<case>.input.bin`, and `<case>.expected.json`.',
  },
  {
    table: 'requires',
    key: 'gpu',
    kind: 'count',
    default: '0',
    min: 0,
    max: 64,
    unit: 'GPUs',
    example: '0',
    doc: 'GPUs the tasklet needs. The local stack has none.',
  },
  {
    table: 'stack',
    key: 'memory',
    kind: 'size',
    default: '128KiB',
    min: 0,
    max: 4 * 1024 ** 3,
    unit: 'bytes',
    example: '"1MiB"',
    doc: "The cell's pool of fabric memory (`--mem-capacity`). Every lease of a run is taken from it.",
  },
  {
    table: 'stack',
    key: 'transport',
    kind: 'transport',
    default: 'auto',
    example: '"auto"',
    doc: 'Fabric control over `quic` or `tcp` (`--transport`); `auto` takes `tcp` where no UDP gets through.',
  },
  ...(['fabric', 'mem', 'scheduler', 'helper'] as const).map((name) => ({
    table: 'stack' as const,
    key: `${name}_port`,
    kind: 'count' as const,
    default: '0',
    min: 0,
    max: 65_535,
    example: '0',
    doc: `Fixed port of ${PORT_DOCS[name]} (\`--${name}-port\`); 0 = the operating system chooses a free one at each start.`,
  })),
] as const satisfies readonly ManifestKey[];

export function manifestKey(table: TableName, key: string): ManifestKey | undefined {
  return MANIFEST_KEYS.find((row) => row.table === table && row.key === key);
}

export function keysOf(table: TableName): ManifestKey[] {
  return MANIFEST_KEYS.filter((row) => row.table === table);
}

/** Names of programs and tasklets. */
export const NAME_PATTERN = '^[a-z][a-z0-9-]{0,62}$';
/** Semantic Versioning 2.0.0, the expression its authors suggest. */
export const VERSION_PATTERN =
  '^(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)(?:-((?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\\.(?:0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\\+([0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*))?$';
