import { restoreState } from '../../toolchain/stack/restoreState.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run({ cwd, out, signal }: CommandContext, given: { folder: string }): Promise<void> {
  const restored = await restoreState(programRootOf(cwd), given.folder, signal);
  out.result(restored, (paint) => [
    `${paint('green', 'restored')}  ${restored.from} is .grafos again`,
    `  what .grafos had until now is in ${restored.replaced}`,
    '  next: grafos dev up',
  ]);
}
