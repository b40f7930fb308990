import { accountFile, DEFAULT_TENANT, readAccount, tenantName, writeAccount } from '../../toolchain/account/account.ts';
import type { CommandContext } from '../command.ts';

export async function show({ out }: CommandContext): Promise<void> {
  const account = await readAccount();
  const tenant = tenantName(account);
  out.result({ email: account?.email ?? null, tenant, file: accountFile() ?? null }, () =>
    account === undefined
      ? [`no e-mail address set; the local tenant is ${tenant}`, '  next: grafos account set you@example.com']
      : [`${account.email}, local tenant ${tenant}`],
  );
}

export async function set({ out }: CommandContext, given: { email: string }): Promise<void> {
  const before = tenantName(await readAccount().catch(() => undefined));
  const account = await writeAccount(given.email);
  const tenant = tenantName(account);
  out.result({ email: account.email, tenant, file: accountFile() }, () => [
    `${account.email}, local tenant ${tenant} from the next dev up on`,
  ]);
  if (tenant !== before) {
    out.warn(
      `The local runs until now are of the tenant ${before}, and runs list shows those of ${tenant} alone from then on.`,
      `  They stay in the stack's store. ${
        before === DEFAULT_TENANT ? `Without ${accountFile()}` : 'With the address of before'
      } they are listed again after the next dev up.`,
    );
  }
}
