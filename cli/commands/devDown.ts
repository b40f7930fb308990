import { devDown } from '../../toolchain/stack/devDown.ts';
import { workText } from '../../toolchain/stack/stackWork.ts';
import type { CommandContext } from '../command.ts';
import { pathText } from '../pathText.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run({ cwd, out, signal }: CommandContext): Promise<void> {
  const ended = await devDown(programRootOf(cwd), signal);
  if (ended.warning !== null) out.warn(`${ended.warning} It was removed, and no process was ended.`);
  out.result({ ...ended, duration_ms: Math.round(ended.duration_ms) }, (paint) => {
    const daemons = Object.entries(ended.daemons);
    if (daemons.length === 0) return ['no local stack was running'];
    const work = workText(ended.ended);
    const lines = daemons.map(([name, how]) => `  ${name.padEnd(12)} ${how === 'absent' ? 'had ended before' : how}`);
    return [
      `stopped ${paint('dim', `in ${Math.round(ended.duration_ms)} ms; logs stay in ${pathText(ended.logs, cwd)}`)}`,
      ...lines,
      ...(work === null ? [] : [`  ${work} ended with it`]),
    ];
  });
}
