import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { verifyAudit } from '../../../../../daemons/audit/verifyAudit.ts';
import { type AuditEntry, type AuditOptions, openAuditLog } from '../../../../../daemons/scheduler/audit/auditLog.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

const entry = (subject: string | null, more: Partial<AuditEntry> = {}): AuditEntry => ({
  actor: 'acme',
  peer: 'tenant/acme 127.0.0.1:1',
  action: 'submitRun',
  decision: 'allowed',
  reason: 'ok',
  subject,
  ...more,
});

describe('the audit log', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const file = () => join(folder.path, 'audit.jsonl');
  const lines = () => readFileSync(file(), 'utf8').split('\n').filter(Boolean);
  const records = () => lines().map((line) => JSON.parse(line));
  const open = (more: Partial<AuditOptions> = {}) =>
    openAuditLog(folder.path, { onError: (error) => assert.fail(String(error)), ...more });
  const verified = async () => {
    const { records: count, faults } = await verifyAudit(folder.path);
    return [count, faults];
  };

  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => await folder[Symbol.asyncDispose]());

  it('has each record on a line of its own, in one chain, for the user alone to read', async () => {
    const log = open();
    log.append(entry('a\nb "c" ü'));
    log.append(entry(null, { actor: null, peer: null, decision: 'refused', reason: 'token_missing' }));
    log.close();
    assert.deepEqual(
      records().map(({ seq, subject, decision, reason }) => [seq, subject, decision, reason]),
      [
        [1, 'a\nb "c" ü', 'allowed', 'ok'],
        [2, null, 'refused', 'token_missing'],
      ],
    );
    assert.equal(records()[0].prev_sha256, '0'.repeat(64));
    assert.equal(new Date(records()[0].at).toISOString(), records()[0].at);
    assert.deepEqual(await verified(), [2, []]);
    if (process.platform !== 'win32') assert.equal(statSync(file()).mode & 0o777, 0o600);
  });

  it('writes the records of a turn at its end, and at once when it is flushed', async () => {
    const log = open();
    log.append(entry('1'));
    assert.equal(lines().length, 0);
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(lines().length, 1);
    log.append(entry('2'));
    log.flush();
    assert.equal(lines().length, 2);
    log.flush();
    assert.equal(lines().length, 2);
    log.close();
  });

  it('goes on with its chain after it was closed', async () => {
    for (const subject of ['a', 'b', 'c']) {
      const log = open();
      log.append(entry(subject));
      log.close();
    }
    assert.deepEqual(
      records().map(({ seq }) => seq),
      [1, 2, 3],
    );
    assert.deepEqual(await verified(), [3, []]);
  });

  it('drops a line that a crash cut off, says so, and the chain is whole', async () => {
    const before = open();
    before.append(entry('a'));
    before.close();
    appendFileSync(file(), '{"seq":2,"at":"2026');
    open().close();
    const [, recovered] = records();
    assert.deepEqual([recovered.action, recovered.seq], ['audit.recover', 2]);
    assert.match(recovered.subject, /^dropped 19 bytes/);
    assert.deepEqual(await verified(), [2, []]);
  });

  it('is recovered when the very first line was cut off', async () => {
    writeFileSync(file(), '{"seq":1', { mode: 0o600 });
    const log = open();
    log.append(entry('a'));
    log.close();
    assert.deepEqual(
      records().map(({ action, seq }) => [action, seq]),
      [
        ['audit.recover', 1],
        ['submitRun', 2],
      ],
    );
    assert.deepEqual(await verified(), [2, []]);
  });

  it('goes on from the bytes of a line that somebody changed, which the check reports', async () => {
    const log = open();
    log.append(entry('a'));
    log.append(entry('b'));
    log.close();
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('"subject":"a"', '"subject":"x"'));
    const again = open();
    again.append(entry('c'));
    again.close();
    const { faults } = await verifyAudit(folder.path);
    assert.deepEqual(
      faults.map(({ line, problem }) => [line, problem]),
      [[2, 'chain_broken']],
    );
  });

  it('sets a full file aside and keeps the newest of them, still in one chain', async () => {
    const log = open({ maxBytes: 300, keep: 2 });
    for (let i = 1; i <= 12; i++) {
      log.append(entry(`run ${i}`));
      log.flush();
    }
    log.close();
    const names = readdirSync(folder.path).sort();
    assert.equal(names.length, 3, names.join());
    assert.match(names[0] ?? '', /^audit\.\d{12}\.jsonl$/);
    const { faults, last } = await verifyAudit(folder.path);
    assert.deepEqual([faults, last?.seq], [[], 12]);
  });

  it('goes on from the newest file set aside when its own is empty', async () => {
    const log = open({ maxBytes: 10 });
    log.append(entry('a'));
    log.close();
    assert.equal(lines().length, 0);
    const again = open();
    again.append(entry('b'));
    again.close();
    assert.equal(records()[0].seq, 2);
    assert.deepEqual(await verified(), [2, []]);
  });

  it('refuses a place that is a link or a folder, and writes nothing there', async () => {
    writeFileSync(join(folder.path, 'stranger'), 'mine');
    await symlink(join(folder.path, 'stranger'), file());
    assert.throws(() => open(), { code: 'state_unsafe' });
    assert.equal(readFileSync(join(folder.path, 'stranger'), 'utf8'), 'mine');
    await using other = await temporaryFolder();
    await mkdir(join(other.path, 'audit.jsonl'));
    assert.throws(() => openAuditLog(other.path, { onError: () => {} }), { code: 'state_unsafe' });
  });
});
