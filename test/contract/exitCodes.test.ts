import assert from 'node:assert/strict';
import { errorCodes } from '../../scripts/errorCodes.ts';
import { ERROR_MEANINGS } from '../../scripts/errorMeanings.ts';

const OF_A_PATH = 'A wrong path on the command line is wrong usage (2); one of the stack itself is not (3).';

/** Codes that end with two exit codes, and why. */
const TWO: Record<string, string> = {
  not_built:
    'A tasklet that is not built is a wrong order of commands (2); a daemon that is not built is no installation (3).',
  no_such_file: OF_A_PATH,
  not_a_file: OF_A_PATH,
  not_a_folder: OF_A_PATH,
  path_too_long: OF_A_PATH,
};

/** Exit code of each error: by docs/cli.md 2 is wrong usage, 3 cannot reach or start, 4 refused. */
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
    'token_replayed',
    'too_many_streams',
  ],
  130: ['interrupted'],
};

describe('exit codes', () => {
  const codes = errorCodes();

  it('finds the errors', () => assert.ok(codes.size > 100, `${codes.size} codes`));

  it('each error has a meaning, and each meaning an error', () => {
    assert.deepEqual(Object.keys(ERROR_MEANINGS).sort(), [...codes.keys()].sort());
  });

  it('a meaning is one sentence of its own', () => {
    const meanings = Object.values(ERROR_MEANINGS);
    assert.deepEqual(
      meanings.filter((meaning) => !/^[`A-Z].{10,90}\.$/.test(meaning)),
      [],
    );
    assert.equal(new Set(meanings).size, meanings.length);
  });

  it('has one for each error', () => {
    const several = [...codes].filter(([code, exits]) => exits.length > 1 && TWO[code] === undefined);
    assert.deepEqual(several, []);
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
