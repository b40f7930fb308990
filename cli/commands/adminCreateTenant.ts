import { readFile } from 'node:fs/promises';
import { fileError } from '../../toolchain/files/fileError.ts';
import type { CommandContext } from '../command.ts';
import { connectAdmin, type DirectOptions } from '../direct.ts';

export async function run(
  { cwd, out, signal }: CommandContext,
  given: DirectOptions & { name: string; tenantCert: string },
): Promise<void> {
  const certificate_pem = await readFile(given.tenantCert, 'utf8').catch((error) => {
    throw fileError(error, "The tenant's certificate cannot be read", true);
  });
  using client = await connectAdmin(cwd, given, signal);
  const tenant = await client.createTenant(given.name, certificate_pem, { signal });
  out.result(tenant, (paint) => [`${paint('green', 'created')}  ${tenant.name}, key ${tenant.key_sha256}`]);
}
