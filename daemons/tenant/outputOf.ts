import { createHash } from 'node:crypto';
import type { RunResponse } from '../wire/tenantApi.ts';

/**
 * The output that the artifact `output.b64` holds; null where its size or hash is not the one in
 * the response.
 */
export function outputOf({ output_bytes, output_sha256 }: RunResponse, outputB64: Uint8Array): Buffer | null {
  const text = Buffer.from(outputB64.buffer, outputB64.byteOffset, outputB64.byteLength).toString('latin1');
  const output = Buffer.from(text, 'base64');
  const sha256 = createHash('sha256').update(output).digest('hex');
  return output.length === output_bytes && sha256 === output_sha256 ? output : null;
}
