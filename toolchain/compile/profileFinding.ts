import type { ProfileProblem } from '../../wasm/profile.ts';
import type { FindingCode } from '../validate/catalogue.ts';
import { FILE_START, type Finding, finding } from '../validate/finding.ts';

const CODE: Record<ProfileProblem['kind'], FindingCode> = {
  export_missing: 'GRF3006',
  export_kind: 'GRF3007',
  export_signature: 'GRF3007',
  export_extra: 'GRF3016',
  import_module_unknown: 'GRF3009',
  import_unknown: 'GRF3009',
  import_kind: 'GRF3010',
  import_signature: 'GRF3010',
  memory_above_limit: 'GRF3011',
};

/**
 * The part of the AssemblyScript library behind each of its imports, which a tasklet uses although
 * it wants a host.
 */
const ORIGIN: Record<string, string> = {
  'env.seed': 'Math.random() asks for it: use random.f64() of grafos-std.',
  'env.Date.now': 'Date.now() asks for it: use clock() of grafos-std.',
  'env.performance.now': 'performance.now() asks for it: use clock() of grafos-std.',
  'env.trace': 'trace() asks for it: use log.trace() of grafos-std.',
};

/** A fault of the built module, reported at the source it was built from. */
export function profileFinding({ kind, subject, message }: ProfileProblem, file: string): Finding {
  const code = kind === 'import_module_unknown' && subject.startsWith('wasi') ? 'GRF3008' : CODE[kind];
  const origin = subject.startsWith('env.console.') ? 'console asks for it: use log of grafos-std.' : ORIGIN[subject];
  return finding(code, file, FILE_START, origin === undefined ? message : `${message} ${origin}`);
}
