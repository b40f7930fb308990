import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyAudit, verifyAuditEnds } from '../../../../daemons/audit/verifyAudit.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const FIRST = '0'.repeat(64);

/** The lines of a chain, whose records are `first` and those after it. */
function chain(count: number, first = 1, prev = FIRST, padding = ''): string[] {
  const lines: string[] = [];
  let before = prev;
  for (let seq = first; seq < first + count; seq++) {
    const line = JSON.stringify({ seq, action: 'x', padding, prev_sha256: before });
    before = createHash('sha256').update(line).digest('hex');
    lines.push(line);
  }
  return lines;
}

const hashOf = (line: string | undefined) =>
  createHash('sha256')
    .update(line ?? '')
    .digest('hex');

describe('the check of an audit log', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const put = (lines: string[], name = 'audit.jsonl', end = '\n') =>
    writeFileSync(join(folder.path, name), lines.join('\n') + (lines.length === 0 ? '' : end), { mode: 0o600 });
  /** Faults as `line seq problem`, of the whole check. */
  const faults = async () =>
    (await verifyAudit(folder.path)).faults.map(({ line, seq, problem }) => `${line} ${seq} ${problem}`);

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('finds no records where there is no log', async () => {
    const nothing = { records: 0, last: null, faults: [] };
    assert.deepEqual(await verifyAudit(folder.path), nothing);
    assert.deepEqual(await verifyAudit(join(folder.path, 'missing')), nothing);
    assert.deepEqual(await verifyAuditEnds(folder.path), nothing);
  });

  it('finds a whole chain, over several files, and its end', async () => {
    const lines = chain(9);
    put(lines.slice(0, 3), 'audit.000000000003.jsonl');
    put(lines.slice(3, 6), 'audit.000000000006.jsonl');
    put(lines.slice(6));
    const last = { seq: 9, sha256: hashOf(lines[8]) };
    assert.deepEqual(await verifyAudit(folder.path), { records: 9, last, faults: [] });
    assert.deepEqual((await verifyAuditEnds(folder.path)).last, last);
  });

  it('takes a chain whose oldest files were dropped, but not one that begins in the middle', async () => {
    const lines = chain(4, 7, 'ab'.repeat(32));
    put(lines.slice(0, 2), 'audit.000000000008.jsonl');
    put(lines.slice(2));
    assert.deepEqual(await faults(), []);
    await using other = await temporaryFolder();
    writeFileSync(join(other.path, 'audit.jsonl'), `${lines.join('\n')}\n`, { mode: 0o600 });
    assert.deepEqual(
      (await verifyAudit(other.path)).faults.map(({ problem }) => problem),
      ['chain_broken'],
    );
  });

  const lines = chain(5);
  const rows: Array<[what: string, lines: string[], faults: string[]]> = [
    [
      'one is changed',
      [...lines.slice(0, 1), (lines[1] ?? '').replace('"x"', '"y"'), ...lines.slice(2)],
      ['3 3 chain_broken'],
    ],
    ['one is dropped', [...lines.slice(0, 2), ...lines.slice(3)], ['3 4 chain_broken', '3 4 seq_broken']],
    [
      'two change places',
      [lines[0], lines[2], lines[1], lines[3]].map(String),
      [
        '2 3 chain_broken',
        '2 3 seq_broken',
        '3 2 chain_broken',
        '3 2 seq_broken',
        '4 4 chain_broken',
        '4 4 seq_broken',
      ],
    ],
    ['one is there twice', [...lines.slice(0, 2), ...lines.slice(1)], ['3 2 chain_broken', '3 2 seq_broken']],
    [
      'one is no JSON',
      [...lines.slice(0, 2), 'hello', ...lines.slice(2)],
      ['3 3 not_json', '4 3 chain_broken', '4 3 seq_broken'],
    ],
    [
      'one is an empty line',
      [...lines.slice(0, 2), '', ...lines.slice(2)],
      ['3 3 not_json', '4 3 chain_broken', '4 3 seq_broken'],
    ],
    ['the first is not the first', lines.slice(1), ['1 2 chain_broken']],
  ];
  for (const [what, changed, found] of rows) {
    it(`says where the chain is broken when ${what}`, async () => {
      put(changed);
      assert.deepEqual(await faults(), found);
    });
  }

  it('reports a line that was never finished', async () => {
    put([...lines, '{"seq":6'], 'audit.jsonl', '');
    assert.deepEqual(await faults(), ['6 6 unfinished_line']);
    assert.deepEqual(
      (await verifyAuditEnds(folder.path)).faults.map(({ problem }) => problem),
      ['unfinished_line'],
    );
  });

  it('reports a break between two files', async () => {
    put(lines.slice(0, 2), 'audit.000000000002.jsonl');
    put(lines.slice(3));
    const { faults: found } = await verifyAudit(folder.path);
    assert.deepEqual(
      found.map(({ file, problem }) => `${file} ${problem}`),
      ['audit.jsonl chain_broken', 'audit.jsonl seq_broken'],
    );
    assert.equal((await verifyAuditEnds(folder.path)).faults.length, 2);
  });

  it('reports a bounded number of faults', async () => {
    put(Array.from({ length: 300 }, () => 'x'));
    const { records, faults: found } = await verifyAudit(folder.path);
    assert.deepEqual([records, found.length], [300, 100]);
  });

  it('reads the ends of a long file alone, and finds a fault there and none in the middle', async () => {
    const long = chain(300, 1, FIRST, 'x'.repeat(900));
    put(long);
    const whole = await verifyAuditEnds(folder.path);
    assert.deepEqual([whole.faults, whole.last], [[], { seq: 300, sha256: hashOf(long[299]) }]);
    assert.ok(whole.records > 1 && whole.records < 100, `${whole.records}`);
    put(long.with(100, 'changed'));
    assert.deepEqual((await verifyAuditEnds(folder.path)).faults, []);
    assert.ok((await faults()).length > 0);
    put(long.with(298, 'changed'));
    assert.deepEqual(
      (await verifyAuditEnds(folder.path)).faults.map(({ line, problem }) => [line, problem]),
      [
        [null, 'not_json'],
        [null, 'chain_broken'],
      ],
    );
  });

  it('refuses a log that is a link', async () => {
    writeFileSync(join(folder.path, 'other'), '');
    await symlink(join(folder.path, 'other'), join(folder.path, 'audit.jsonl'));
    await assert.rejects(verifyAudit(folder.path), { code: 'state_unsafe' });
    await assert.rejects(verifyAuditEnds(folder.path), { code: 'state_unsafe' });
  });
});
