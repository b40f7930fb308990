import { accountFile, readAccount, tenantName } from '../../toolchain/account/account.ts';
import type { CommandContext } from '../command.ts';

export async function run({ out }: CommandContext): Promise<void> {
  const account = await readAccount();
  const tenant = tenantName(account);
  out.result({ email: account?.email ?? null, tenant, file: accountFile() }, () =>
    account === undefined ? `not signed in; the local tenant is ${tenant}` : `${account.email}, local tenant ${tenant}`,
  );
}
