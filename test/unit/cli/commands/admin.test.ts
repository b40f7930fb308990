import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import {
  auditQuery,
  createTenant,
  deleteTenant,
  listTenants,
  promote,
  setQuota,
} from '../../../../cli/commands/admin.ts';
import { recordedCommand } from '../../../helpers/recordedCommand.ts';
import { type ScratchProgram, scratchProgram } from '../../../helpers/scratchProgram.ts';

describe('grafos admin', () => {
  let program: ScratchProgram;
  before(async () => {
    program = await scratchProgram('demo.wat', {});
  });
  after(() => program[Symbol.asyncDispose]());
  const context = () => recordedCommand(program.root);

  it('needs a quota to set', async () => {
    await assert.rejects(setQuota(context(), { tenant: 'acme' }), { code: 'wrong_usage' });
  });

  const values: Array<[string, object]> = [
    ['a count of runs', { runsSoft: 'many' }],
    ['a burst', { burstPerMinute: '-1' }],
    ['a size', { mem: '12MB' }],
  ];
  for (const [name, given] of values) {
    it(`refuses ${name} that is none, before anything is asked`, async () => {
      await assert.rejects(setQuota(context(), { tenant: 'acme', ...given }), { code: 'wrong_usage' });
    });
  }

  it('verifies the whole log, so no filter goes with --verify', async () => {
    for (const filter of [{ actor: 'ops' }, { reason: 'ok' }])
      await assert.rejects(auditQuery(context(), { limit: '5', verify: true, ...filter }), { code: 'wrong_usage' });
  });

  it('reads up to 10 000 records of the log', async () => {
    for (const limit of ['0', '10001', 'x'])
      await assert.rejects(auditQuery(context(), { limit }), { code: 'wrong_usage' });
  });

  it('names the file of a certificate that is not there', async () => {
    const tenantCert = join(program.root, 'nowhere.pem');
    await assert.rejects(createTenant(context(), { name: 'acme', tenantCert }), {
      code: 'no_such_file',
      message: `The tenant's certificate cannot be read: there is no such file or folder (${tenantCert}).`,
    });
  });

  it('refuses a pipe for a certificate at once', async function () {
    if (process.platform === 'win32') this.skip();
    const tenantCert = join(program.root, 'pipe.pem');
    execFileSync('mkfifo', [tenantCert]);
    await assert.rejects(createTenant(context(), { name: 'acme', tenantCert }), {
      code: 'trust_unreadable',
      kind: 'usage',
      why: 'It is no regular file.',
    });
  });

  it('says that the stack does not run, and no scheduler was given', async () => {
    const calls = [
      promote(context(), {}),
      listTenants(context(), {}),
      deleteTenant(context(), { tenant: 'acme' }),
      setQuota(context(), { tenant: 'acme', mem: '1MiB' }),
      auditQuery(context(), { limit: '5' }),
    ];
    for (const call of calls) await assert.rejects(call, { code: 'runtime_not_ready' });
  });

  it('needs the three files beside a scheduler', async () => {
    await assert.rejects(promote(context(), { scheduler: 'https://127.0.0.1:1', ca: 'ca.pem' }), {
      code: 'wrong_usage',
      message: '--cert is missing.',
    });
  });
});
