import type { ParsedManifest } from '../../program/manifest.ts';
import type { ManifestProblemKind } from '../../program/manifestProblem.ts';
import type { FindingCode } from './catalogue.ts';
import { type Finding, finding } from './finding.ts';

const CODES: Record<ManifestProblemKind, FindingCode> = {
  'toml-syntax': 'GRF1003',
  'duplicate-key': 'GRF1004',
  'unknown-key': 'GRF1005',
  'wrong-type': 'GRF1006',
  'wrong-table-form': 'GRF1007',
  'missing-key': 'GRF1008',
  'bad-name': 'GRF1009',
  'bad-version': 'GRF1010',
  'bad-size': 'GRF1011',
  'bad-duration': 'GRF1012',
  'out-of-bounds': 'GRF1013',
  'part-of-a-page': 'GRF1014',
  'duplicate-name': 'GRF1015',
  'path-outside': 'GRF1016',
  'path-backslash': 'GRF1017',
  'source-kind': 'GRF1018',
  'output-not-wasm': 'GRF1019',
  'output-collision': 'GRF1020',
  'no-tasklets': 'GRF1021',
  'duplicate-port': 'GRF1022',
};

/** The problems of a manifest as findings. With `tasklet`, those of other tasklets are left out. */
export function manifestFindings(parsed: ParsedManifest, manifestPath: string, tasklet?: string): Finding[] {
  const others = parsed.tasklets
    .filter(({ name }) => tasklet !== undefined && name !== tasklet)
    .map(({ table }) => table);
  return parsed.problems
    .filter((problem) => problem.tasklet === undefined || !others.includes(problem.tasklet))
    .map(({ kind, range, message, fix }) => finding(CODES[kind], manifestPath, range, message, fix));
}
