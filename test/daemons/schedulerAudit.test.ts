import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { auditFiles } from '../../daemons/audit/auditFiles.ts';
import { verifyAudit, verifyAuditEnds } from '../../daemons/audit/verifyAudit.ts';
import { type AuditEntry, type AuditOptions, openAuditLog } from '../../daemons/scheduler/audit/auditLog.ts';
import { readAudit } from '../../daemons/scheduler/audit/readAudit.ts';

const entry = (subject: string): AuditEntry => ({
  actor: 'a',
  peer: 'p',
  action: 'x',
  decision: 'allowed',
  reason: 'ok',
  subject,
});
const onError: AuditOptions['onError'] = (error) => {
  throw error;
};

describe('scheduler: audit log', () => {
  let dir: string;
  let path: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'grafos-audit-'));
    path = join(dir, 'audit.jsonl');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  function write(subjects: string[], more: Partial<AuditOptions> = {}): void {
    const log = openAuditLog(dir, { onError, ...more });
    for (const subject of subjects) log.append(entry(subject));
    log.close();
  }
  const numbered = (count: number) => Array.from({ length: count }, (_, index) => `s${index}`);

  it('is one whole chain over restarts', async () => {
    write(numbered(3));
    write(numbered(2));
    const { records, last, faults } = await verifyAudit(dir);
    assert.deepEqual([records, last?.seq, faults], [5, 5, []]);
  });

  it('writes a turn of the event loop by itself, at its end', async () => {
    const log = openAuditLog(dir, { onError });
    log.append(entry('one'));
    log.append(entry('two'));
    assert.equal(readFileSync(path, 'utf8'), '');
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(readFileSync(path, 'utf8').split('\n').length, 3);
    log.close();
  });

  it('recovers from a last line that was never finished, and says so', async () => {
    write(numbered(2));
    appendFileSync(path, '{"seq":3,"at":"20');
    assert.deepEqual((await verifyAudit(dir)).faults, [
      { file: 'audit.jsonl', line: 3, seq: 3, problem: 'unfinished_line' },
    ]);
    write(['after']);
    const { records, faults } = await verifyAudit(dir);
    assert.deepEqual([records, faults], [4, []]);
    assert.match(readFileSync(path, 'utf8'), /"action":"audit.recover".*dropped 17 bytes/);
  });

  it('starts afresh from a file that is nothing but a torn line', async () => {
    writeFileSync(path, '{"seq"');
    write(['first']);
    assert.deepEqual((await verifyAudit(dir)).faults, []);
  });

  const TAMPERINGS: Array<[string, (lines: string[]) => string[]]> = [
    ['a changed record', (lines) => lines.map((line, at) => (at === 1 ? line.replace('s1', 's9') : line))],
    ['a dropped record', (lines) => lines.filter((_, at) => at !== 2)],
    ['a dropped first record', (lines) => lines.slice(1)],
    ['a repeated record', (lines) => lines.flatMap((line, at) => (at === 2 ? [line, line] : [line]))],
    ['two records in the other order', (lines) => [lines[0], lines[2], lines[1], ...lines.slice(3)].map(String)],
    ['a record that is no record', (lines) => lines.map((line, at) => (at === 1 ? 'null' : line))],
    [
      'a record of another hand',
      (lines) => lines.map((line, at) => (at === 3 ? line.replace(/"prev_sha256":"./, '"prev_sha256":"z') : line)),
    ],
  ];
  for (const [name, tamper] of TAMPERINGS) {
    it(`finds ${name}`, async () => {
      write(numbered(5));
      const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
      writeFileSync(path, `${tamper(lines).join('\n')}\n`);
      assert.notDeepEqual((await verifyAudit(dir)).faults, []);
    });
  }

  it('sets full files aside, keeps a bounded number, and stays one chain', async () => {
    for (let round = 0; round < 8; round += 1) write(numbered(10), { maxBytes: 1_000, keep: 3 });
    assert.equal(auditFiles(StateFolder.at(dir)).length, 4);
    const { faults, last } = await verifyAudit(dir);
    assert.deepEqual([faults, last?.seq], [[], 80]);
    const newest = await readAudit(dir, { limit: 15 });
    assert.deepEqual(
      newest.map(({ seq }) => seq),
      Array.from({ length: 15 }, (_, at) => 80 - at),
    );
    const page = await readAudit(dir, { limit: 2, before: 75 });
    assert.deepEqual(
      page.map(({ seq }) => seq),
      [74, 73],
    );
  });

  it('names the record that broke, in a file set aside too', async () => {
    for (let round = 0; round < 4; round += 1) write(numbered(10), { maxBytes: 1_000, keep: 8 });
    const [old = ''] = auditFiles(StateFolder.at(dir)).slice(1);
    const lines = readFileSync(join(dir, old), 'utf8').split('\n');
    writeFileSync(join(dir, old), lines.with(4, lines[4]?.replace('"allowed"', '"refused"') ?? '').join('\n'));
    const { faults } = await verifyAudit(dir);
    assert.deepEqual(faults, [{ file: old, line: 6, seq: 16, problem: 'chain_broken' }]);
  });

  it('is followed at the ends of its files alone, in little time', async () => {
    for (let round = 0; round < 3; round += 1) write(numbered(2_000), { maxBytes: 300_000, keep: 8 });
    const whole = await verifyAuditEnds(dir);
    assert.deepEqual([whole.faults, whole.last?.seq], [[], 6_000]);
    assert.ok(whole.records < 2_000, `${whole.records} records`);
    const files = auditFiles(StateFolder.at(dir));
    assert.ok(files.length > 2);

    const [first = '', second = ''] = files;
    const text = readFileSync(join(dir, first), 'utf8');
    // The middle of a long file is for the whole check.
    const lines = text.split('\n');
    const middle = Math.floor(lines.length / 3);
    writeFileSync(join(dir, first), lines.with(middle, lines[middle]?.replace('"a"', '"b"') ?? '').join('\n'));
    assert.deepEqual((await verifyAuditEnds(dir)).faults, []);
    assert.equal((await verifyAudit(dir)).faults.length, 1);
    // A file whose last record was dropped, and one that is gone.
    writeFileSync(join(dir, first), `${lines.slice(0, -2).join('\n')}\n`);
    assert.deepEqual(
      (await verifyAuditEnds(dir)).faults.map(({ file, line }) => [file, line]),
      [
        [second, 1],
        [second, 1],
      ],
    );
    writeFileSync(join(dir, first), text);
    rmSync(join(dir, second));
    assert.equal((await verifyAuditEnds(dir)).faults[0]?.file, files[2]);
  });

  it('has no faults where there is none', async () => {
    assert.deepEqual(await verifyAudit(join(dir, 'nowhere')), { records: 0, last: null, faults: [] });
    assert.deepEqual((await verifyAuditEnds(dir)).faults, []);
  });

  it('answers by filter', async () => {
    const log = openAuditLog(dir, { onError });
    log.append({ ...entry('one'), decision: 'refused', reason: 'token_missing' });
    log.append(entry('two'));
    log.close();
    assert.deepEqual(
      (await readAudit(dir, { limit: 9, reason: 'token_missing' })).map(({ subject }) => subject),
      ['one'],
    );
    assert.deepEqual(
      (await readAudit(dir, { limit: 9, decision: 'allowed' })).map(({ subject }) => subject),
      ['two'],
    );
  });
});
