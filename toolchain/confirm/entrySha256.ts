import { createHash } from 'node:crypto';
import type { DevState } from '../../daemons/wire/devState.ts';
import type { CloudCell, CloudProvider } from '../deploy/cloudCells.ts';

/** SHA-256 of a cell's entry: its provider, its five fields as they are written, and its name. */
export function cellSha256(provider: CloudProvider, cell: CloudCell): string {
  const { scheduler_url, tenant_name, ca_cert, tenant_cert, tenant_key, name } = cell;
  const fields = ['cell', provider, scheduler_url, tenant_name, ca_cert, tenant_cert, tenant_key];
  // Entries without a name were confirmed by their five fields.
  return sha256(name === undefined ? fields : [...fields, name]);
}

/**
 * SHA-256 of a stack's entry without its daemons, whose processes may be replaced while the stack
 * stays the same.
 */
export function stackSha256(state: DevState): string {
  const { version, started_at, scheduler_url, tenant_name, ca_cert, tenant_cert, tenant_key, cell_id } = state;
  const { control, transport, mem_dataplane, mem_dataplane_sha256, mem_dataplane_transport, mem_capacity } =
    state.fabric;
  return sha256([
    ...['stack', version, started_at, scheduler_url, tenant_name, ca_cert, tenant_cert, tenant_key, cell_id],
    ...[control, transport, mem_dataplane, mem_dataplane_sha256, mem_dataplane_transport, mem_capacity],
    state.helper.url,
  ]);
}

function sha256(fields: ReadonlyArray<string | number>): string {
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex');
}
