import { confirmProvider } from '../../toolchain/confirm/confirmProvider.ts';
import { PROVIDERS } from '../../toolchain/deploy/resolveProvider.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

/** Confirms the cell or stack of a provider for this program and user, and prints what it is. */
export async function run({ cwd, out }: CommandContext, given: { provider: string; cell?: string }): Promise<void> {
  const provider = choice('<provider>', given.provider, PROVIDERS);
  const facts = await confirmProvider(programRootOf(cwd), provider, given.cell);
  out.result({ provider, confirmed: Object.fromEntries(facts ?? []), is_new: facts !== null }, (paint) =>
    facts === null
      ? [`${provider} was confirmed before`]
      : [
          `${paint('green', 'confirmed')}  ${provider}, for this program and user`,
          ...facts.map(([name, value]) => `  ${name.padEnd(12)}${value}`),
        ],
  );
}
