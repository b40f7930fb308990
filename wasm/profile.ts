import { type FunctionType, functionType, type ValueType, type WasmModule } from './read/wasmModule.ts';

export interface ProfileFunction {
  name: string;
  /** Parameter names and types, in order. */
  params: ReadonlyArray<readonly [name: string, type: ValueType]>;
  results: readonly ValueType[];
  /** One sentence for people. */
  meaning: string;
}

/**
 * The profile tasklet-profile-v0: all exports that a tasklet must have and all imports that it may
 * have (docs/reference/tasklet-abi.md).
 */
export const PROFILE = {
  name: 'tasklet-profile-v0',
  memory: 'memory',
  exports: [
    {
      name: '_grafos_tasklet_init',
      params: [
        ['ctx', 'i32'],
        ['ctx_len', 'i32'],
      ],
      results: [],
      meaning: 'Called first, with the blob handle and length of the init context.',
    },
    {
      name: '_grafos_tasklet_run',
      params: [
        ['input', 'i32'],
        ['input_len', 'i32'],
      ],
      results: ['i32'],
      meaning:
        'Called second, with the blob handle and length of the input. Returns 0, or the code the tasklet failed with.',
    },
    {
      name: '_grafos_tasklet_finalize',
      params: [],
      results: [],
      meaning: 'Called last, also after a run that returned a code; not after a trap.',
    },
  ],
  imports: {
    grafos_tasklet_v0: [
      {
        name: 'blob_read',
        params: [
          ['handle', 'i32'],
          ['offset', 'i32'],
          ['dst', 'i32'],
          ['len', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies bytes of a blob into linear memory. Returns the bytes copied, or a host status.',
      },
      {
        name: 'output_write',
        params: [
          ['src', 'i32'],
          ['len', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Appends bytes to the output. Returns a host status: CapacityExceeded past 16 MiB.',
      },
      {
        name: 'fail',
        params: [
          ['label', 'i32'],
          ['len', 'i32'],
        ],
        results: [],
        meaning: 'Gives the snake_case error label, at most 64 bytes, that goes with a non-zero result of run.',
      },
      {
        name: 'clock_unix_nanos',
        params: [],
        results: ['i64'],
        meaning: "The run's recorded start plus one nanosecond for each unit of fuel used.",
      },
      {
        name: 'random_fill',
        params: [
          ['dst', 'i32'],
          ['len', 'i32'],
        ],
        results: [],
        meaning: "Fills memory with bytes that follow from the run's recorded seed.",
      },
      {
        name: 'log',
        params: [
          ['level', 'i32'],
          ['src', 'i32'],
          ['len', 'i32'],
        ],
        results: [],
        meaning: 'Writes UTF-8 text to the run log; level 0 error, 1 warn, 2 info, 3 debug, 4 trace.',
      },
    ],
    fabricbios_fbmu_v0: [
      {
        name: 'fbmu_hello',
        params: [],
        results: ['i64'],
        meaning: 'Size of the leased fabric memory in bytes, or a host status.',
      },
      {
        name: 'fbmu_read',
        params: [
          ['offset', 'i64'],
          ['dst', 'i32'],
          ['len', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies leased fabric memory into linear memory. Returns a host status.',
      },
      {
        name: 'fbmu_write',
        params: [
          ['offset', 'i64'],
          ['src', 'i32'],
          ['len', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies linear memory into leased fabric memory. Returns a host status.',
      },
    ],
    fabricbios_fbbu_v0: [
      {
        name: 'fbbu_hello',
        params: [],
        results: ['i64'],
        meaning: 'Number of leased 512-byte blocks, or a host status: Unsupported where the cell has no block unit.',
      },
      {
        name: 'fbbu_read',
        params: [
          ['block', 'i64'],
          ['dst', 'i32'],
          ['blocks', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies leased blocks into linear memory. Returns a host status.',
      },
      {
        name: 'fbbu_write',
        params: [
          ['block', 'i64'],
          ['src', 'i32'],
          ['blocks', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies linear memory into leased blocks. Returns a host status.',
      },
      {
        name: 'fbbu_read_block',
        params: [
          ['block', 'i64'],
          ['dst', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies one leased block into linear memory. Returns a host status.',
      },
      {
        name: 'fbbu_write_block',
        params: [
          ['block', 'i64'],
          ['src', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies 512 bytes of linear memory into one leased block. Returns a host status.',
      },
      {
        name: 'fbbu_read_block_lease',
        params: [
          ['lease', 'i32'],
          ['block', 'i64'],
          ['dst', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Copies a block of the lease with this id, 16 bytes, into linear memory. Returns a host status.',
      },
      {
        name: 'fbbu_alloc',
        params: [
          ['min_bytes', 'i64'],
          ['ttl_secs', 'i64'],
          ['lease', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Leases blocks and writes the id of the lease, 16 bytes, to linear memory. Returns a host status.',
      },
      {
        name: 'fbbu_free',
        params: [['lease', 'i32']],
        results: ['i32'],
        meaning: 'Gives a lease of blocks back. Returns a host status.',
      },
      {
        name: 'fbbu_query',
        params: [
          ['lease', 'i32'],
          ['dst', 'i32'],
          ['len', 'i32'],
        ],
        results: ['i32'],
        meaning: 'Writes the facts of a lease to linear memory. Returns the bytes written, or a host status.',
      },
      {
        name: 'fbbu_renew',
        params: [
          ['lease', 'i32'],
          ['ttl_secs', 'i64'],
        ],
        results: ['i64'],
        meaning: 'Renews a lease. Returns its new expiry in seconds of Unix time, or a host status.',
      },
      {
        name: 'fbbu_get_num_blocks',
        params: [],
        results: ['i64'],
        meaning: 'Number of leased 512-byte blocks, or a host status.',
      },
    ],
  },
} as const satisfies {
  name: string;
  memory: string;
  exports: readonly ProfileFunction[];
  imports: Record<string, readonly ProfileFunction[]>;
};

export type ProfileProblemKind =
  | 'export_missing'
  | 'export_kind'
  | 'export_signature'
  | 'export_extra'
  | 'import_module_unknown'
  | 'import_unknown'
  | 'import_kind'
  | 'import_signature'
  | 'memory_above_limit';

export interface ProfileProblem {
  kind: ProfileProblemKind;
  severity: 'error' | 'warning';
  /** The export's name, or the import as `module.name`. */
  subject: string;
  /** The fault, its reason and the next step, in one or two sentences. */
  message: string;
}

/** Most problems reported of imports, and of exports: a module may have a hundred thousand. */
const PROBLEMS_MAX = 100;
/** Most value types of a signature in a message: a type may have a thousand. */
const VALUES_SHOWN = 20;

const importModules: Record<string, readonly ProfileFunction[]> = PROFILE.imports;

/**
 * Compares a module with tasklet-profile-v0.
 *
 * Without a problem of severity error, a cell takes the module as far as the profile goes. With
 * `memoryMaxPages` (64 KiB each), the minimum memory of the module is compared with it.
 */
export function checkProfile(module: WasmModule, limits: { memoryMaxPages?: number } = {}): ProfileProblem[] {
  return [...exportProblems(module), ...importProblems(module), ...memoryProblems(module, limits.memoryMaxPages)];
}

function exportProblems(module: WasmModule): ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  const wanted = new Map<string, ProfileFunction>(PROFILE.exports.map((entry) => [entry.name, entry]));
  const error = (kind: ProfileProblemKind, subject: string, message: string) =>
    problems.push({ kind, severity: 'error', subject, message });
  const found = new Set<string>();
  for (const entry of module.exports) {
    if (problems.length >= PROBLEMS_MAX && !wanted.has(entry.name) && entry.name !== PROFILE.memory) continue;
    const { name, kind } = entry;
    const expected = wanted.get(name);
    if (name === PROFILE.memory) {
      found.add(name);
      if (kind !== 'memory')
        error('export_kind', name, `The export "${name}" is a ${kind}; it must be the linear memory.`);
    } else if (expected !== undefined) {
      found.add(name);
      const type = kind === 'func' ? functionType(module, entry.index) : undefined;
      if (kind !== 'func') error('export_kind', name, `The export "${name}" is a ${kind}; it must be a function.`);
      else if (type === undefined || !sameType(type, expected)) {
        error('export_signature', name, `The export "${name}" has the wrong signature: ${mismatch(type, expected)}.`);
      }
    } else {
      problems.push({
        kind: 'export_extra',
        severity: 'warning',
        subject: name,
        message: `The export "${name}" is not part of ${PROFILE.name} and nothing will call it.`,
      });
    }
  }
  for (const name of [PROFILE.memory, ...wanted.keys()]) {
    if (found.has(name)) continue;
    const expected = wanted.get(name);
    const shape = expected === undefined ? 'a memory' : signature(typeOf(expected));
    error('export_missing', name, `The module does not export "${name}" (${shape}), which ${PROFILE.name} requires.`);
  }
  return problems;
}

function importProblems(module: WasmModule): ProfileProblem[] {
  const problems: ProfileProblem[] = [];
  for (const entry of module.imports) {
    if (problems.length >= PROBLEMS_MAX) break;
    const subject = `${entry.module}.${entry.name}`;
    const error = (kind: ProfileProblemKind, message: string) =>
      problems.push({ kind, severity: 'error', subject, message });
    const functions = Object.hasOwn(importModules, entry.module) ? importModules[entry.module] : undefined;
    if (functions === undefined) {
      const allowed = Object.keys(importModules).join(', ');
      error('import_module_unknown', `"${subject}" is imported, but a tasklet may only import from ${allowed}.`);
      continue;
    }
    const expected = functions.find((known) => known.name === entry.name);
    if (expected === undefined) {
      const known = functions.map((item) => item.name).join(', ');
      error('import_unknown', `"${entry.module}" has no function "${entry.name}"; it has ${known}.`);
    } else if (entry.type.kind !== 'func') {
      error('import_kind', `"${subject}" is imported as a ${entry.type.kind}; it is a function.`);
    } else {
      const type = module.types[entry.type.type];
      if (type === undefined || !sameType(type, expected)) {
        error('import_signature', `"${subject}" is imported with the wrong signature: ${mismatch(type, expected)}.`);
      }
    }
  }
  return problems;
}

function memoryProblems(module: WasmModule, memoryMaxPages: number | undefined): ProfileProblem[] {
  const min = module.memories[0]?.min ?? 0;
  if (memoryMaxPages === undefined || min <= memoryMaxPages) return [];
  return [
    {
      kind: 'memory_above_limit',
      severity: 'error',
      subject: PROFILE.memory,
      message: `The module's memory starts at ${min} pages of 64 KiB, more than the ${memoryMaxPages} its linear_memory allows.`,
    },
  ];
}

function typeOf(expected: ProfileFunction): FunctionType {
  return { params: expected.params.map(([, type]) => type), results: [...expected.results] };
}

function sameType(type: FunctionType, expected: ProfileFunction): boolean {
  return (
    type.params.length === expected.params.length &&
    type.results.length === expected.results.length &&
    type.params.every((param, at) => param === expected.params[at]?.[1]) &&
    type.results.every((result, at) => result === expected.results[at])
  );
}

function mismatch(type: FunctionType | undefined, expected: ProfileFunction): string {
  return `it is ${type === undefined ? 'of no known type' : signature(type)} and must be ${signature(typeOf(expected))}`;
}

function signature(type: FunctionType): string {
  return `(${shown(type.params)}) -> (${shown(type.results)})`;
}

function shown(types: readonly string[]): string {
  const more = types.length - VALUES_SHOWN;
  return `${types.slice(0, VALUES_SHOWN).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}
