import assert from 'node:assert/strict';
import {
  CELL,
  LOG_TRUNCATED,
  newControlBuffer,
  sharedControl,
} from '../../../../../daemons/fabricbiosd/boundary/sharedControl.ts';
import { RunLog } from '../../../../../daemons/fabricbiosd/worker/runLog.ts';

const LIMIT = 64 * 1024;

function newLog() {
  const control = sharedControl(newControlBuffer());
  let notified = 0;
  const log = new RunLog(control, () => notified++);
  return {
    control,
    write: (level: number, text: string | Uint8Array) => log.write(level, Buffer.from(text)),
    reset: () => log.reset(),
    text: () => Buffer.from(control.log.slice(0, control.cells[CELL.logLength])).toString('utf8'),
    notified: () => notified,
  };
}

describe('run log', () => {
  const ROWS: Array<[what: string, level: number, text: string | Uint8Array, line: string]> = [
    ['an error', 0, 'x', 'error x\n'],
    ['a trace', 4, 'x', 'trace x\n'],
    ['a level above', 5, 'x', 'trace x\n'],
    ['a negative level, unsigned', 0xffffffff, 'x', 'trace x\n'],
    ['nothing', 2, '', 'info  \n'],
    ['further lines', 1, 'a\nerror b\n', 'warn  a\n  error b\n  \n'],
    ['tabs', 2, 'a\tb', 'info  a\tb\n'],
    ['control characters', 2, '\u001b[2J\0\ra\u0007\u007f\u009b', 'info  \\u001b[2J\\u0000\\ra\\u0007\\u007f\\u009b\n'],
    ['line ends of Windows', 2, 'a\r\nb\rc\r\n\r', 'info  a\n  b\\rc\n  \n'],
    ['a line of a text that was split at its line feeds', 2, 'a\r', 'info  a\n'],
    [
      'invalid UTF-8',
      2,
      Uint8Array.of(0x61, 0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80),
      'info  a\ufffd\ufffd(\ufffd\ufffd\ufffd\n',
    ],
    ['a character that is cut', 2, Uint8Array.of(0xe2, 0x82), 'info  \ufffd\n'],
    ['a byte order mark', 2, '\ufeffx', 'info  \ufeffx\n'],
    ['characters of four bytes', 2, '𝄞', 'info  𝄞\n'],
  ];
  for (const [what, level, text, line] of ROWS) {
    it(what, () => {
      const log = newLog();
      log.write(level, text);
      assert.equal(log.text(), line);
    });
  }

  it('exactly the bound is not truncated', () => {
    const log = newLog();
    log.write(2, 'x'.repeat(LIMIT - 'info  \n'.length));
    assert.equal(log.text().length, LIMIT);
    log.write(2, 'more');
    assert.ok(log.text().endsWith(LOG_TRUNCATED));
    assert.equal(log.text().length, LIMIT + LOG_TRUNCATED.length);
  });

  for (const [what, text] of [
    ['ASCII', 'x'.repeat(LIMIT)],
    ['a megabyte', 'x'.repeat(1024 * 1024)],
    ['one byte too many', 'x'.repeat(LIMIT - 6)],
    ['characters of three bytes', '€'.repeat(LIMIT / 3)],
    ['characters of four bytes', '𝄞'.repeat(LIMIT / 4)],
    ['line feeds, which grow', '\n'.repeat(LIMIT - 100)],
    ['control characters, which become six bytes', '\u001b'.repeat(LIMIT / 2)],
    ['bytes that each become three', Uint8Array.from({ length: LIMIT / 2 }, () => 0xff)],
  ] as const) {
    for (const before of [0, 1, 2, 3]) {
      it(`${what} after ${before} bytes are truncated to whole characters, marked, and nothing follows`, () => {
        const log = newLog();
        log.write(2, 'y'.repeat(before));
        log.write(2, text);
        const first = log.text();
        log.write(0, 'never seen');
        assert.equal(log.text(), first);
        assert.ok(first.endsWith(`\n${LOG_TRUNCATED}`));
        assert.equal(first.split(LOG_TRUNCATED).length, 2, 'marked once');
        if (typeof text === 'string') assert.ok(!first.includes('\ufffd'));
        const kept = Buffer.byteLength(first) - LOG_TRUNCATED.length;
        assert.ok(kept <= LIMIT && kept > LIMIT - 8, `${kept} bytes`);
      });
    }
  }

  it('many small records end in the same bound', () => {
    const log = newLog();
    for (let i = 0; i < 20_000; i++) log.write(2, `record ${i}`);
    assert.ok(log.text().endsWith(`\n${LOG_TRUNCATED}`));
    assert.ok(Buffer.byteLength(log.text()) <= LIMIT + LOG_TRUNCATED.length);
  });

  it('main is told once until it has looked', () => {
    const log = newLog();
    log.write(2, 'a');
    log.write(2, 'b');
    assert.equal(log.notified(), 1);
    Atomics.store(log.control.cells, CELL.logNotified, 0);
    log.write(2, 'c');
    assert.equal(log.notified(), 2);
  });

  it('a new run starts with an empty log', () => {
    const log = newLog();
    log.write(2, 'x'.repeat(LIMIT * 2));
    log.reset();
    log.write(2, 'new');
    assert.equal(log.text(), 'info  new\n');
  });
});
