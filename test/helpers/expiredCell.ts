import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mock } from 'node:test';
import type { CloudCell } from '../../toolchain/deploy/cloudCells.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { temporaryFolder } from './temporaryFolder.ts';

/**
 * A scheduler whose certificate ended four days ago. It would answer anything, and must not be
 * asked.
 */
export async function expiredCell(
  name: string,
  { host = '127.0.0.1', port = 0 } = {},
): Promise<{ cell: CloudCell; asked(): number } & AsyncDisposable> {
  const folder = await temporaryFolder('grafos-expired-');
  const days = (count: number) => new Date(Date.now() + count * 86_400_000);
  const authority = createAuthority({ name: 'expired', days: 100, now: days(-10) });
  mock.timers.enable({ apis: ['Date'], now: days(-5) });
  const server = authority.issue({ role: 'scheduler', name: 's', days: 1 });
  mock.timers.reset();
  const tenant = authority.issue({ role: 'tenant', name: 'acme', days: 10 });
  const file = async (of: string, text: string) => {
    await writeFile(join(folder.path, of), text);
    return join(folder.path, of);
  };
  let asked = 0;
  const https = createServer({ cert: server.certPem, key: server.keyPem }, (_request, response) => {
    asked += 1;
    response.end('{}');
  });
  await once(https.listen(port, host), 'listening');
  return {
    cell: {
      scheduler_url: `https://${host}:${(https.address() as AddressInfo).port}`,
      tenant_name: 'acme',
      ca_cert: await file('ca.pem', authority.certPem),
      tenant_cert: await file('acme.pem', tenant.certPem),
      tenant_key: await file('acme-key.pem', tenant.keyPem),
      name,
    },
    asked: () => asked,
    async [Symbol.asyncDispose]() {
      https.closeAllConnections();
      https.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}
