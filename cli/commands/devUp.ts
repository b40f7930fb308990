import { loadProgram } from '../../program/loadProgram.ts';
import { formatSize } from '../../program/size.ts';
import { readAccount, tenantName } from '../../toolchain/account/account.ts';
import { devUp } from '../../toolchain/stack/devUp.ts';
import { countOption, sizeOption } from '../arguments.ts';
import type { CommandContext } from '../command.ts';

interface Given {
  memCapacity: string;
  transport: 'quic' | 'tcp';
  fabricPort?: string;
  memPort?: string;
  schedulerPort?: string;
  helperPort?: string;
}

export async function run({ cwd, out, signal }: CommandContext, given: Given): Promise<void> {
  const program = loadProgram(cwd);
  const port = (flag: string, text: string | undefined) =>
    text === undefined ? undefined : countOption(flag, text, 65_535);
  const ports = {
    fabric: port('--fabric-port', given.fabricPort),
    mem: port('--mem-port', given.memPort),
    scheduler: port('--scheduler-port', given.schedulerPort),
    helper: port('--helper-port', given.helperPort),
  };
  const { state, replaced, duration_ms } = await devUp(program.root, {
    memCapacity: sizeOption('--mem-capacity', given.memCapacity),
    transport: given.transport,
    ports: Object.fromEntries(Object.entries(ports).filter(([, value]) => value !== undefined)),
    tenant: tenantName(await readAccount()),
    signal,
    progress: (text) => out.progress(text),
  });
  if (state.fabric.transport !== given.transport) {
    out.warn(
      `QUIC does not load on this machine; fabric control runs over ${state.fabric.transport}. See: grafos dev doctor`,
    );
  }
  out.result({ ...state, replaced, duration_ms: Math.round(duration_ms) }, (paint) =>
    [
      `${paint('green', 'running')}  ${state.cell_id} ${paint('dim', `${replaced ? 'restarted' : 'started'} in ${Math.round(duration_ms)} ms`)}`,
      `  fabricbiosd  ${state.fabric.transport} ${state.fabric.control}, ${formatSize(state.fabric.mem_capacity)} of fabric memory`,
      `  scheduler    ${state.scheduler_url} as ${state.tenant_name}`,
      `  helper       ${state.helper.url} ${paint('dim', '(dashboard; its bearer: grafos dev status --bearer)')}`,
    ].join('\n'),
  );
}
