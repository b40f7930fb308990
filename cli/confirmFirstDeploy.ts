import { createHash } from 'node:crypto';
import { GrafosError } from '../base/grafosError.ts';
import { plainText } from '../base/text/plainText.ts';
import { formatSize } from '../program/size.ts';
import { firstDeploy } from '../toolchain/confirm/firstDeploy.ts';
import type { ProviderName } from '../toolchain/deploy/resolveProvider.ts';
import { askYesNo } from './ask.ts';
import type { CommandContext } from './command.ts';

interface Deploy {
  /** Folder of the program. */
  root: string;
  provider: ProviderName;
  /** Name of the cell, where there is more than one. */
  cell: string | undefined;
  /** The action that is done for the first time, as `deploy of demo`. */
  what: string;
  question: string;
  /**
   * Names what leaves this machine.
   *
   * @param url of the cell's scheduler
   */
  facts(url: string): Promise<Array<[name: string, value: string]>>;
  /** The person said yes beforehand. */
  yes: boolean;
}

/**
 * Asks before the first deploy of a program to a cell of a cloud, and before the first request that
 * changes something there, because module and input leave this machine then.
 *
 * @throws {GrafosError} deploy_not_confirmed where the answer is no, or where nobody can be asked
 *   and --yes is not given
 */
export async function confirmFirstDeploy({ out, signal }: CommandContext, deploy: Deploy): Promise<void> {
  const { root, provider, what, question } = deploy;
  const first = await firstDeploy(root, provider, deploy.cell);
  if (first === null) return;
  const { scheduler_url, tenant_name } = first.cell;
  const url = plainText(scheduler_url);
  const [cell = ['cell', url], ...others] = await deploy.facts(url);
  const facts: Array<[string, string]> = [cell, ['tenant', plainText(tenant_name)], ...others];
  const answer = deploy.yes || (await askYesNo(out, question, facts, signal));
  if (answer) {
    await first.confirm();
    return;
  }
  throw new GrafosError(
    'deploy_not_confirmed',
    answer === false
      ? `Nothing was sent to ${provider}.`
      : `This is the first ${what} to the cell of ${provider} at ${url}, and it is not confirmed.`,
    {
      why: `This would leave this machine:\n${facts.map(([name, value]) => `${name} ${value}`).join('\n')}`,
      next: 'Add --yes, or run the command in a terminal, which asks once.',
    },
  );
}

/** Size and SHA-256 of bytes that leave this machine. */
export function bytesFact(bytes: Uint8Array): string {
  return `${formatSize(bytes.length)}, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`;
}
