import { join } from 'node:path';
import type { DevState } from '../../daemons/wire/devState.ts';
import { NOWHERE } from './nowhere.ts';

const daemon = { pid: 2 ** 22 - 3, started: 'long ago', log: join(NOWHERE, 'daemon.log') };

/** A `dev.json` of the right shape, of a stack that does not run. */
export const DEV_STATE: DevState = {
  version: 1,
  started_at: '2026-01-02T03:04:05.678Z',
  scheduler_url: 'https://127.0.0.1:1',
  tenant_name: 'dev-tenant',
  ca_cert: join(NOWHERE, 'ca.pem'),
  tenant_cert: join(NOWHERE, 'tenant.pem'),
  tenant_key: join(NOWHERE, 'tenant-key.pem'),
  cell_id: 'local-1',
  fabric: {
    control: '127.0.0.1:1',
    transport: 'quic',
    mem_dataplane: 'https://127.0.0.1:1/mem',
    mem_dataplane_sha256: 'ab'.repeat(32),
    mem_dataplane_transport: 'http2',
    mem_capacity: 1,
  },
  helper: { url: 'http://127.0.0.1:1' },
  daemons: { fabricbiosd: daemon, scheduler: daemon, helper: daemon },
};
