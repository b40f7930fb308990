import assert from 'node:assert/strict';
import { readableBytes } from '../../../../extension/documents/readableBytes.ts';

describe('bytes for people', () => {
  const rows: Array<[string, Uint8Array, string, string]> = [
    ['JSON gets its lines', Buffer.from('{"a":1}'), 'json', '{\n  "a": 1\n}'],
    [
      'a number too large for a double keeps its digits',
      Buffer.from('{"a":12345678901234567890}'),
      'json',
      '{\n  "a": 12345678901234567890\n}',
    ],
    ['text stays text', Buffer.from('grüß dich\n'), 'text', 'grüß dich\n'],
    ['nothing is an empty text', new Uint8Array(), 'text', ''],
    ['other bytes are dumped', Uint8Array.of(0, 0x41, 0xff), 'bytes', `00000000  ${'00 41 ff'.padEnd(47)}  .A.`],
  ];
  for (const [title, bytes, kind, text] of rows)
    it(title, () => assert.deepEqual(readableBytes(bytes), { kind, text }));
});
