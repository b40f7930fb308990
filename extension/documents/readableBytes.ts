import { isDeepJson } from '../../daemons/protocol/isDeepJson.ts';
import { parseExactJson } from '../../daemons/protocol/parseExactJson.ts';

/** Lines of a dump that a person still reads. */
const LINES_MAX = 4096;

/** Bytes as a person can read them: JSON with its lines, text as it is, anything else sixteen bytes a line. */
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

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // Control characters other than tab and line ends: valid UTF-8 by chance.
    return [...text].some((char) => char < ' ' && !'\t\n\r'.includes(char)) ? null : text;
  } catch {
    return null;
  }
}

function dump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length && lines.length < LINES_MAX; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const hex = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const plain = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${plain}`);
  }
  const left = bytes.length - LINES_MAX * 16;
  if (left > 0) lines.push(`… ${left} bytes more`);
  return lines.join('\n');
}
