import { isDeepJson } from '../../base/json/isDeepJson.ts';
import { parseExactJson } from '../../base/json/parseExactJson.ts';
import { ROW_BYTES } from '../../toolchain/output/hexRow.ts';
import { hexDump } from '../panel/hexDump.ts';
import { textOf } from '../panel/outputKind.ts';

/** Lines of a dump that a person still reads. */
const LINES_MAX = 4096;

/**
 * Bytes as a person can read them: JSON with its lines, text as it is, anything else sixteen bytes
 * a line.
 */
export function readableBytes(bytes: Uint8Array): { text: string; kind: 'json' | 'text' | 'bytes' } {
  const text = textOf(bytes);
  if (text === null) return { text: dump(bytes), kind: 'bytes' };
  try {
    if (isDeepJson(bytes)) return { text, kind: 'text' };
    return { text: JSON.stringify(parseExactJson(text), null, 2), kind: 'json' };
  } catch {
    return { text, kind: 'text' };
  }
}

function dump(bytes: Uint8Array): string {
  const shown = LINES_MAX * ROW_BYTES;
  const lines = hexDump(bytes, 0, shown);
  return bytes.length > shown ? `${lines}\n… ${bytes.length - shown} bytes more` : lines;
}
