import { GrafosError } from '../../base/grafosError.ts';

/**
 * Passes on the items of `open`, and ends it once nothing came for `silenceMs`: a peer that
 * vanished closes nothing.
 *
 * @throws {GrafosError} scheduler_unreachable, and the errors of `open`
 */
export async function* endWhenSilent<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  silenceMs: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const silence = new AbortController();
  const listen = (): NodeJS.Timeout => setTimeout(() => silence.abort(), silenceMs);
  let timer = listen();
  try {
    for await (const part of open(signal === undefined ? silence.signal : AbortSignal.any([signal, silence.signal]))) {
      // The time a reader takes is not the peer's silence.
      clearTimeout(timer);
      yield part;
      timer = listen();
    }
  } catch (error) {
    if (!silence.signal.aborted || signal?.aborted === true) throw error;
    throw new GrafosError('scheduler_unreachable', 'The scheduler fell silent.', {
      why: `nothing came from it for ${silenceMs / 1000} s`,
      next: 'Check that it runs: grafos dev status, or grafos provider status for a cell.',
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
