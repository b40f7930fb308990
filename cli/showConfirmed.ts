import { confirmProvider } from '../toolchain/confirm/confirmProvider.ts';
import type { ProviderName } from '../toolchain/deploy/resolveProvider.ts';
import type { CommandContext } from './command.ts';
import { programRootOf } from './programRootOf.ts';

/** Confirms the cell or stack of a provider for this program and user, and prints what it is. */
export async function showConfirmed({ cwd, out }: CommandContext, provider: ProviderName): Promise<void> {
  const facts = await confirmProvider(programRootOf(cwd), provider);
  out.result({ provider, confirmed: Object.fromEntries(facts ?? []), is_new: facts !== null }, (paint) =>
    facts === null
      ? `${provider} was confirmed before`
      : [
          `${paint('green', 'confirmed')}  ${provider}, for this program and user`,
          ...facts.map(([name, value]) => `  ${name.padEnd(12)}${value}`),
        ].join('\n'),
  );
}
