/**
 * Every finding of `grafos validate`, the build and the language server. 1xxx manifest, 2xxx
 * sources, 3xxx wasm module, 4xxx fixtures, 5xxx provider fit.
 *
 * A code never changes its meaning and is never used again. Each has a page,
 * docs/reference/findings/GRF####.md.
 */
export type Severity = 'error' | 'warning' | 'info';

interface CatalogueRow {
  severity: Severity;
  title: string;
}

export const CATALOGUE = {
  GRF1001: { severity: 'error', title: 'No manifest' },
  GRF1002: { severity: 'error', title: 'Unreadable manifest' },
  GRF1003: { severity: 'error', title: 'Not valid TOML' },
  GRF1004: { severity: 'error', title: 'Key or table defined twice' },
  GRF1005: { severity: 'error', title: 'Unknown key' },
  GRF1006: { severity: 'error', title: 'Value of the wrong type' },
  GRF1007: { severity: 'error', title: 'Wrong brackets around a table header' },
  GRF1008: { severity: 'error', title: 'Required key missing' },
  GRF1009: { severity: 'error', title: 'Name outside the pattern' },
  GRF1010: { severity: 'error', title: 'Not a semantic version' },
  GRF1011: { severity: 'error', title: 'Not a size' },
  GRF1012: { severity: 'error', title: 'Not a duration' },
  GRF1013: { severity: 'error', title: 'Value out of bounds' },
  GRF1014: { severity: 'warning', title: 'Linear memory is no whole number of pages' },
  GRF1015: { severity: 'error', title: 'Two tasklets of one name' },
  GRF1016: { severity: 'error', title: "Path leaves the program's folder" },
  GRF1017: { severity: 'error', title: 'Backslash in a path' },
  GRF1018: { severity: 'error', title: 'Source of an unknown kind' },
  GRF1019: { severity: 'error', title: 'Output is not a .wasm file' },
  GRF1020: { severity: 'error', title: 'Output written over something else' },
  GRF1021: { severity: 'warning', title: 'Program without tasklets' },
  GRF1022: { severity: 'error', title: 'Two ports of the stack are the same' },

  GRF2001: { severity: 'error', title: 'Source missing' },
  GRF2002: { severity: 'error', title: 'Source is not what the manifest says' },
  GRF2003: { severity: 'error', title: 'Source unreadable' },
  GRF2004: { severity: 'warning', title: 'Source too large to check' },
  GRF2005: { severity: 'error', title: 'File outside of the program' },
  GRF2006: { severity: 'error', title: 'More than is read of a program' },
  GRF2007: { severity: 'error', title: 'Check given up' },
  GRF2101: { severity: 'error', title: 'AssemblyScript error' },
  GRF2102: { severity: 'warning', title: 'AssemblyScript warning' },
  GRF2103: { severity: 'error', title: 'No exported compute' },
  GRF2104: { severity: 'error', title: 'compute of the wrong shape' },
  GRF2105: { severity: 'error', title: "The host's clock in a tasklet" },
  GRF2106: { severity: 'error', title: 'Math.random in a tasklet' },
  GRF2107: { severity: 'error', title: 'Source imports from outside the profile' },
  GRF2108: { severity: 'error', title: 'console in a tasklet' },
  GRF2109: { severity: 'warning', title: 'Copy of the input without a bound' },
  GRF2110: { severity: 'warning', title: 'throw ends the run as a trap' },
  GRF2111: { severity: 'error', title: 'Error label outside the pattern' },
  GRF2112: { severity: 'error', title: 'Decorator for a compiler transform' },
  GRF2113: { severity: 'warning', title: 'Package with a compiler transform' },
  GRF2201: { severity: 'error', title: 'Crate is no cdylib' },
  GRF2202: { severity: 'error', title: 'Crate does not depend on grafos' },
  GRF2203: { severity: 'error', title: 'Crate does not declare its tasklet' },
  GRF2204: { severity: 'error', title: 'std::time in a tasklet' },
  GRF2205: { severity: 'warning', title: 'Random numbers from a crate' },
  GRF2206: { severity: 'warning', title: 'Part of std that has no host' },
  GRF2207: { severity: 'error', title: 'Rust compiler error' },
  GRF2208: { severity: 'warning', title: 'Rust compiler warning' },
  GRF2209: { severity: 'warning', title: 'Rust tasklet was not compiled' },
  GRF2301: { severity: 'error', title: 'WAT error' },

  GRF3001: { severity: 'info', title: 'Not built yet' },
  GRF3002: { severity: 'warning', title: 'Module is out of date' },
  GRF3003: { severity: 'error', title: 'Module unreadable' },
  GRF3004: { severity: 'error', title: 'Module too large' },
  GRF3005: { severity: 'error', title: 'Not a valid module' },
  GRF3006: { severity: 'error', title: 'Export missing' },
  GRF3007: { severity: 'error', title: 'Export of the wrong type' },
  GRF3008: { severity: 'error', title: 'Module imports WASI' },
  GRF3009: { severity: 'error', title: 'Import outside the profile' },
  GRF3010: { severity: 'error', title: 'Import of the wrong type' },
  GRF3011: { severity: 'error', title: 'Module needs more linear memory than it may have' },
  GRF3012: { severity: 'info', title: 'Module hopes for more linear memory than it may have' },
  GRF3013: { severity: 'error', title: 'Threads or shared memory' },
  GRF3014: { severity: 'error', title: '64-bit memory' },
  GRF3015: { severity: 'info', title: 'Start function' },
  GRF3016: { severity: 'warning', title: 'Export outside the profile' },

  GRF4001: { severity: 'error', title: 'Expectation without an input' },
  GRF4002: { severity: 'warning', title: 'Input without an expectation' },
  GRF4003: { severity: 'error', title: 'Fixture is not valid JSON' },
  GRF4004: { severity: 'warning', title: 'File that is no fixture' },
  GRF4005: { severity: 'error', title: 'Input too large' },
  GRF4006: { severity: 'error', title: 'Fixtures folder missing' },
  GRF4007: { severity: 'error', title: 'Case with two inputs' },
  GRF4008: { severity: 'warning', title: 'Fixtures folder without a case' },
  GRF4009: { severity: 'error', title: 'Expectation that no run can meet' },

  GRF5001: { severity: 'warning', title: 'mem is larger than the local pool' },
  GRF5002: { severity: 'warning', title: 'GPU asked of a provider without one' },
  GRF5003: { severity: 'warning', title: 'Fabric memory used but not leased' },
  GRF5004: { severity: 'info', title: 'Block unit used where there is none' },
  GRF5005: { severity: 'warning', title: 'Unusable list of cells' },
} as const satisfies Record<string, CatalogueRow>;

export type FindingCode = keyof typeof CATALOGUE;

export const FINDING_CODES = Object.keys(CATALOGUE) as FindingCode[];

/** Path of a finding's page inside the package. */
export function findingPage(code: FindingCode): string {
  return `docs/reference/findings/${code}.md`;
}
