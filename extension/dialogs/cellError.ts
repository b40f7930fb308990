import { GrafosError } from '../../base/grafosError.ts';
import type { ProviderName } from '../../toolchain/deploy/resolveProvider.ts';

/** An error of a cell in a cloud. Nothing on this machine can mend it. */
export class CellError extends GrafosError {}

const ASK = 'Check the network, or ask who runs the cell.';

/** The error of a provider, as a {@link CellError} where a cloud could not be reached. */
export function asCellError(provider: ProviderName, error: unknown): unknown {
  const isCell = provider !== 'local' && error instanceof GrafosError && error.kind === 'unreachable';
  if (!isCell || error.code === 'runtime_not_ready') return error;
  const { kind, code, message, why, next } = error;
  return new CellError(code, message, {
    kind,
    cause: error,
    ...(why === undefined ? {} : { why }),
    // The advice for the local stack is none for a cell elsewhere.
    ...(next === undefined || next.includes('grafos dev ') ? { next: ASK } : { next }),
  });
}
