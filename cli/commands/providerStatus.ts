import { providerStatus } from '../../toolchain/deploy/providerStatus.ts';
import { PROVIDERS } from '../../toolchain/deploy/resolveProvider.ts';
import { choice } from '../arguments.ts';
import type { CommandContext } from '../command.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run({ cwd, out, signal }: CommandContext, given: { provider: string }): Promise<number> {
  const status = await providerStatus(programRootOf(cwd), choice('<provider>', given.provider, PROVIDERS), signal);
  out.result(status, (paint) => [
    `${status.provider}  ${status.ready ? paint('green', 'ready') : paint('red', 'not ready')}${status.cell_id === null ? '' : `  ${status.cell_id}`}`,
    ...status.requirements.map(
      ({ name, met, message }) =>
        `  ${met ? paint('green', 'ok  ') : paint('red', 'fail')}  ${name.padEnd(28)}  ${message}`,
    ),
    ...(status.next === null ? [] : [`  next: ${status.next}`]),
  ]);
  return status.ready ? 0 : 3;
}
