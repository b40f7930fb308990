import { GrafosError } from '../base/grafosError.ts';
import { saveBytes } from '../toolchain/files/saveBytes.ts';
import type { ShownOutput } from '../toolchain/output/shownOutput.ts';
import type { Output } from './output.ts';
import { OUTPUT_FAULT } from './outputFile.ts';

/**
 * Writes the bytes of an output, as the tasklet wrote them, to the file of `--output`. A run that
 * did not succeed has none, and leaves the file as it is.
 *
 * @throws {GrafosError} a file error's code
 */
export async function saveOutput(out: Output, file: string, { bytes, response }: ShownOutput): Promise<void> {
  if (response.state !== 'succeeded') {
    out.note(`the run has no output: ${file} was not written`);
    return;
  }
  if (bytes === null) throw new Error('the bytes of the output were not asked for');
  try {
    await saveBytes(file, bytes, OUTPUT_FAULT);
  } catch (error) {
    if (!(error instanceof GrafosError)) throw error;
    const { code, message, why, kind, next } = error;
    throw new GrafosError(code, message, {
      ...(why === undefined ? {} : { why }),
      kind,
      next: `${next ?? ''} The run is kept: grafos runs show ${response.run_id} --output FILE`.trimStart(),
      cause: error,
    });
  }
}
