import assert from 'node:assert/strict';
import { GrafosError } from '../../base/grafosError.ts';
import { refusalOf } from '../../daemons/tenant/schedulerErrors.ts';
import { REFUSAL_REASONS } from '../../daemons/wire/tenantApi.ts';
import { commandErrors } from '../../scripts/errorsPage.ts';
import { fileError } from '../../toolchain/files/fileError.ts';

/** Codes that end with two exit codes: a path or file that the user named is wrong usage (2). */
const TWO = ['file_unreadable', 'no_such_file', 'not_a_file', 'not_a_folder', 'path_too_long', 'trust_unreadable'];

/**
 * Exit code of each error: by docs/guide/cli.md 2 is wrong usage, 3 cannot reach or start, 4
 * refused.
 */
const TABLE: Record<number, string[]> = {
  1: ['cargo_output_too_large', 'internal_error', 'profile_differs'],
  2: [
    'account_email_invalid',
    'bad_request',
    'body_too_large',
    'ca_unreadable',
    'cells_file_invalid',
    'certificate_unreadable',
    'fixture_invalid',
    'input_too_large',
    'lease_ended',
    'manifest_invalid',
    'manifest_missing',
    'module_differs',
    'module_too_large',
    'not_found',
    'provider_unknown',
    'run_not_ended',
    'scheduler_url_invalid',
    'tasklet_unknown',
    'tenant_exists',
    'wrong_usage',
  ],
  3: [
    'cell_answer_invalid',
    'disk_full',
    'permission_denied',
    'daemon_exited',
    'dev_state_invalid',
    'mem_unreachable',
    'port_in_use',
    'runtime_not_ready',
    'scheduler_standby',
    'scheduler_unreachable',
    'shutting_down',
    'state_unsafe',
    'storage_unavailable',
    'store_corrupt',
    'store_locked',
    'store_newer',
  ],
  4: [
    'client_certificate_expired',
    'deploy_not_confirmed',
    'lease_denied: capacity',
    'lease_denied: quota',
    'leases_active',
    'module_suspect',
    'quota_burst_exceeded',
    'quota_hard_limit_exceeded',
    'role_required',
    'run_of_another_tenant',
    'tenant_unknown',
    'token_expired',
    'token_not_yet_valid',
    'token_replayed',
    'too_many_streams',
  ],
  130: ['interrupted'],
};

describe('exit codes', () => {
  const codes = new Map(
    [...Map.groupBy(commandErrors(), ({ code }) => code as string)].map(([code, rows]) => [
      code,
      rows.map(({ exit }) => exit),
    ]),
  );

  it('finds the errors', () => assert.ok(codes.size > 150, `${codes.size} codes`));

  it('has one for each error', () => {
    assert.deepEqual(
      [...codes].filter(([, exits]) => exits.length > 1).map(([code]) => code),
      TWO,
    );
  });

  it('is that of the catalogue for a refusal of the scheduler', () => {
    for (const reason of REFUSAL_REASONS) {
      const body = Buffer.from(JSON.stringify({ error: { reason, message: 'x' } }));
      const error = refusalOf('https://scheduler', 400, body);
      assert.deepEqual([error.code, [error.exitCode]], [reason, codes.get(reason)]);
    }
  });

  it('blames a path for wrong usage only where the user gave it', () => {
    for (const errno of ['EACCES', 'EROFS', 'ENOSPC', 'ENOTDIR', 'EISDIR', 'ENOENT', 'ENAMETOOLONG', 'EMFILE']) {
      for (const isGiven of [true, false]) {
        const error = fileError(Object.assign(new Error(errno), { code: errno }), 'x', isGiven);
        assert.ok(error instanceof GrafosError);
        assert.equal(error.exitCode, isGiven && TWO.includes(error.code) ? 2 : 3, errno);
      }
    }
  });

  for (const [exit, rows] of Object.entries(TABLE)) {
    it(`${exit} is that of ${rows.length} known errors`, () => {
      assert.deepEqual(
        rows.map((code) => [code, codes.get(code)]),
        rows.map((code) => [code, [Number(exit)]]),
      );
    });
  }
});
