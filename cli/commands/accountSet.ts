import { accountFile, tenantName, writeAccount } from '../../toolchain/account/account.ts';
import type { CommandContext } from '../command.ts';

export async function run({ out }: CommandContext, given: { email: string }): Promise<void> {
  const account = await writeAccount(given.email);
  const tenant = tenantName(account);
  out.result({ email: account.email, tenant, file: accountFile() }, () => [
    `${account.email}, local tenant ${tenant} from the next dev up on`,
  ]);
}
