import { createHash } from 'node:crypto';
import { GrafosError } from '../daemons/protocol/grafosError.ts';
import { plainText } from '../daemons/protocol/plainText.ts';
import type { SchedulerClient } from '../daemons/protocol/schedulerClient.ts';
import type { Program } from '../program/loadProgram.ts';
import type { Tasklet } from '../program/manifest.ts';
import { formatSize } from '../program/size.ts';
import { firstDeploy } from '../toolchain/confirm/firstDeploy.ts';
import { readModuleFile } from '../toolchain/deploy/deployRun.ts';
import type { ProviderName } from '../toolchain/deploy/resolveProvider.ts';
import { askYesNo } from './askYesNo.ts';
import type { CommandContext } from './command.ts';

interface Deploy {
  program: Program;
  tasklet: Tasklet;
  provider: ProviderName;
  client: SchedulerClient;
  input: Uint8Array;
  /** The person said yes beforehand. */
  yes: boolean;
}

/**
 * Asks before the first deploy of a program to a cell of a cloud, because module and input leave
 * this machine then.
 *
 * @throws {GrafosError} deploy_not_confirmed where the answer is no, or where nobody can be asked
 *   and --yes is not given
 */
export async function confirmFirstDeploy({ out, signal }: CommandContext, deploy: Deploy): Promise<void> {
  const { program, tasklet, provider, client, input } = deploy;
  const first = await firstDeploy(program.root, provider);
  if (first === null) return;
  const module = await readModuleFile(program, tasklet);
  const { cell } = await client.health({ signal });
  const { scheduler_url, tenant_name } = first.cell;
  const url = plainText(scheduler_url);
  const facts = [
    ['cell', `${url}${cell === null ? '' : `, ${cell.cell_id} in ${plainText(cell.region)}`}`],
    ['tenant', plainText(tenant_name)],
    ['module', `${tasklet.output}, ${formatSize(module.length)}, SHA-256 ${sha256(module)}`],
    ['input', formatSize(input.length)],
  ] as const;
  const question = `Deploy ${tasklet.name} to ${provider}? Module and input leave this machine.`;
  const answer = deploy.yes || (await askYesNo(out, question, facts, signal));
  if (answer) {
    await first.confirm();
    return;
  }
  throw new GrafosError(
    'refused',
    'deploy_not_confirmed',
    answer === false
      ? `Nothing was deployed to ${provider}.`
      : `This is the first deploy of ${program.manifest.name} to the cell of ${provider} at ${url}, and it is not confirmed.`,
    {
      why: `Module and input would leave this machine:\n${facts.map(([name, value]) => `${name} ${value}`).join('\n')}`,
      next: 'Add --yes, or run the command in a terminal, which asks once.',
    },
  );
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
