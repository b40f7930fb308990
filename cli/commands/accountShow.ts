import { accountFile, readAccount, tenantName } from '../../toolchain/account/account.ts';
import type { CommandContext } from '../command.ts';

export async function run({ out }: CommandContext): Promise<void> {
  const account = await readAccount();
  const tenant = tenantName(account);
  out.result({ email: account?.email ?? null, tenant, file: accountFile() ?? null }, () =>
    account === undefined
      ? [`no e-mail address set; the local tenant is ${tenant}`, '  next: grafos account set you@example.com']
      : [`${account.email}, local tenant ${tenant}`],
  );
}
