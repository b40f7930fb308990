import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyAuditApi } from '../../toolchain/audit/verifyAuditApi.ts';
import { type Harness, startHarness } from './schedulerHarness.ts';

const never = new AbortController().signal;

describe('the audit log checked over the wire', () => {
  let stack: Harness;
  let path = '';
  beforeEach(async () => {
    stack = await startHarness();
    path = join(stack.dir, 'audit.jsonl');
    for (let count = 0; count < 20; count += 1) await stack.admin.tenants();
  });
  afterEach(() => stack?.close());

  const lines = () => readFileSync(path, 'utf8').trimEnd().split('\n');
  const write = (changed: string[]) => writeFileSync(path, `${changed.join('\n')}\n`);

  it('is whole, and ends with the record that the file ends with', async () => {
    const verdict = await verifyAuditApi(stack.admin, never);
    assert.deepEqual([verdict.ok, verdict.faults, verdict.first_seq], [true, [], 1]);
    assert.ok(verdict.records >= 20);
    assert.equal(verdict.last_seq, verdict.records);
    const last = lines()[verdict.records - 1] ?? '';
    assert.equal(createHash('sha256').update(last).digest('hex'), verdict.last_sha256);
  });

  const TAMPERINGS: Array<[string, (all: string[]) => string[], string[]]> = [
    ['a changed record', (all) => all.with(9, all[9]?.replace('"allowed"', '"refused"') ?? ''), ['11 chain_broken']],
    ['a dropped record', (all) => all.toSpliced(9, 1), ['11 chain_broken', '11 seq_broken']],
    ['a record that is no JSON', (all) => all.with(9, 'nothing'), ['11 chain_broken', '11 seq_broken']],
    ['a record with a key more', (all) => all.with(9, all[9]?.replace('{', '{"x":1,') ?? ''), ['11 chain_broken']],
    [
      'another first record',
      (all) => all.with(0, all[0]?.replace(/0{64}/, '1'.repeat(64)) ?? ''),
      ['1 chain_broken', '2 chain_broken'],
    ],
  ];
  for (const [what, tamper, expected] of TAMPERINGS) {
    it(`names ${what}`, async () => {
      write(tamper(lines()));
      const verdict = await verifyAuditApi(stack.admin, never);
      assert.equal(verdict.ok, false);
      assert.deepEqual(verdict.faults.map(({ seq, problem }) => `${seq} ${problem}`).sort(), expected);
    });
  }

  it('is followed over several pages and files', async () => {
    const admin = {
      ...stack.admin,
      // A page of the API has 10 000 records; a smaller one leads the same way.
      audit: (filter: { before?: number }) => stack.admin.audit({ ...filter, limit: 3 }),
    };
    const verdict = await verifyAuditApi(admin as Harness['admin'], never);
    assert.deepEqual([verdict.ok, verdict.first_seq], [true, 1]);
    assert.ok(verdict.records >= 20);
  });
});
