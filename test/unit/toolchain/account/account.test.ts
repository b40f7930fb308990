import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { accountFile, readAccount, tenantName, writeAccount } from '../../../../toolchain/account/account.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

describe('account', () => {
  const names: Array<[email: string | undefined, tenant: string]> = [
    [undefined, 'dev-tenant'],
    ['ada@example.com', 'ada-example-com'],
    ['Ada.L+test@Example.COM', 'ada-l-test-example-com'],
    ['42@example.com', 'example-com'],
    ['é@例え.jp', 'jp'],
    ['1@2', 'dev-tenant'],
    [`${'a'.repeat(80)}@example.com`, 'a'.repeat(63)],
  ];
  for (const [email, tenant] of names) {
    it(`${email?.slice(0, 30)} works as ${tenant.slice(0, 30)}`, () => {
      assert.equal(tenantName(email === undefined ? undefined : { email }), tenant);
      assert.match(tenant, /^[a-z][a-z0-9-]{0,62}$/);
    });
  }

  it('is kept in the home folder, unless XDG_CONFIG_HOME names another', function () {
    if (process.platform === 'win32') this.skip();
    assert.equal(accountFile({ XDG_CONFIG_HOME: '/x' }), '/x/grafos/account.json');
    assert.match(accountFile({ XDG_CONFIG_HOME: '' }) ?? '', /^\/.*\/\.config\/grafos\/account\.json$/);
  });

  it('is kept, and refused when it is no address', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'deep', 'account.json');
    assert.equal(await readAccount(file), undefined);
    await assert.rejects(writeAccount('not an address', file), { code: 'account_email_invalid' });
    await writeAccount('ada@example.com', file);
    assert.deepEqual(await readAccount(file), { email: 'ada@example.com' });
    assert.doesNotMatch(await readFile(file, 'utf8'), /key|token/);
    await writeFile(file, '{"email": 7}');
    await assert.rejects(readAccount(file), { code: 'account_unreadable' });
  });
});
