import { openApi } from '../../toolchain/deploy/openApi.ts';
import { resolveProvider } from '../../toolchain/deploy/resolveProvider.ts';
import { usableStack } from '../../toolchain/stack/devState.ts';
import { stackPaths } from '../../toolchain/stack/stackPaths.ts';
import type { CommandContext } from '../command.ts';
import { adminPair, adminTarget } from '../direct.ts';
import { programRootOf } from '../programRootOf.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: { provider: string; cell?: string; admin?: boolean },
): Promise<void> {
  const root = programRootOf(cwd);
  const target = given.admin ? await adminTarget(cwd, {}) : await resolveProvider(root, given.provider, given.cell);
  const connection = await openApi(target, signal);
  try {
    const { token, claims } = connection.mint();
    const paths = stackPaths(root);
    // The cell is known beforehand for the local stack only.
    const state = target.cellId === undefined ? undefined : (await usableStack(paths))?.state;
    const files =
      state === undefined
        ? { ca_cert: null, cert: null, key: null }
        : {
            ca_cert: state.ca_cert,
            ...(given.admin ? adminPair(paths) : { cert: state.tenant_cert, key: state.tenant_key }),
          };
    const expires_at = new Date(claims.exp * 1000).toISOString();
    out.result({ token, expires_at, scheduler_url: target.url, cell_id: claims.aud, ...files }, () => [token]);
  } finally {
    connection.close();
  }
}
