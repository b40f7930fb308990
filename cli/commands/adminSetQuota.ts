import { GrafosError } from '../../base/grafosError.ts';
import type { Quota } from '../../daemons/wire/tenantApi.ts';
import { formatSize } from '../../program/size.ts';
import { countOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';

interface Given extends DirectOptions {
  tenant: string;
  runsSoft?: string;
  runsHard?: string;
  burstPerMinute?: string;
  mem?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const change: Partial<Quota> = {
    ...(given.runsSoft === undefined ? {} : { runs_soft: countOption('--runs-soft', given.runsSoft) }),
    ...(given.runsHard === undefined ? {} : { runs_hard: countOption('--runs-hard', given.runsHard) }),
    ...(given.burstPerMinute === undefined
      ? {}
      : { burst_per_minute: countOption('--burst-per-minute', given.burstPerMinute) }),
    ...(given.mem === undefined ? {} : { mem_bytes: sizeOption('--mem', given.mem) }),
  };
  if (Object.keys(change).length === 0) {
    throw new GrafosError('wrong_usage', 'No quota was given.', {
      next: 'Give --runs-soft, --runs-hard, --burst-per-minute or --mem.',
    });
  }
  using client = await connectAdmin(cwd, given, signal);
  const quota = await client.setQuota(
    given.tenant,
    { ...(await client.getQuota(given.tenant, { signal })), ...change },
    { signal },
  );
  const { runs_soft, runs_hard, burst_per_minute, mem_bytes } = quota;
  out.result(quota, () => [
    `${given.tenant}: ${runs_soft} runs, ${runs_hard} at most, ${burst_per_minute} a minute above; ${formatSize(mem_bytes)} of fabric memory`,
  ]);
}
