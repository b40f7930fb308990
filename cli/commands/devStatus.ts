import { formatSize } from '../../program/size.ts';
import { devStatus } from '../../toolchain/stack/devStatus.ts';
import { readBearer } from '../../toolchain/stack/readBearer.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';
import { timeText } from '../timeText.ts';

/** Exit codes of docs/guide/cli.md, by which a script knows whether the stack is up. */
const EXIT_CODES = { running: 0, unhealthy: 1, stopped: 3 } as const;

export async function run({ cwd, out, signal }: CommandContext, given: { bearer?: boolean }): Promise<number> {
  const root = programRootOf(cwd);
  if (given.bearer) {
    const { url, bearer } = await readBearer(root);
    out.result({ url, bearer }, () => [`${url}/#${bearer}`]);
    return 0;
  }
  const status = await devStatus(root, signal);
  out.result(status, (paint) => {
    const { dev } = status;
    if (dev === null) return [`stopped  ${paint('dim', 'start it: grafos dev up')}`];
    const state = status.state === 'running' ? paint('green', 'running') : paint('red', status.state);
    const mark = (name: string) => (status.dead.some((dead) => dead === name) ? paint('red', ' ended') : '');
    const leased =
      status.leased_bytes === null
        ? ''
        : `, ${formatSize(status.leased_bytes)} of ${formatSize(dev.fabric.mem_capacity)} leased`;
    return [
      `${state}  ${dev.cell_id} ${paint('dim', `since ${timeText(dev.started_at)}`)}`,
      `  fabricbiosd  ${dev.fabric.transport} ${dev.fabric.control}${leased}${mark('fabricbiosd')}`,
      `  scheduler    ${dev.scheduler_url} as ${dev.tenant_name}${mark('scheduler')}`,
      `  helper       ${dev.helper.url}${mark('helper')}`,
      ...(status.state === 'running'
        ? []
        : ['  next: grafos dev doctor names the fault; grafos dev up starts the stack again']),
    ];
  });
  return EXIT_CODES[status.state];
}
