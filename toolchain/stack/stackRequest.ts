import type { StackRequest } from '../../daemons/protocol/devState.ts';
import { DEFAULT_TENANT } from '../account/account.ts';
// biome-ignore lint/suspicious/noImportCycles: both use the other only when a stack starts.
import { DEFAULT_MEM_CAPACITY, type StackOptions } from './startStack.ts';

/** The stack that options ask for, with every default filled in. */
export function stackRequest(options: StackOptions): StackRequest {
  return {
    mem_capacity: options.memCapacity ?? DEFAULT_MEM_CAPACITY,
    transport: options.transport ?? 'auto',
    ports: options.ports ?? {},
    tenant: options.tenant ?? DEFAULT_TENANT,
    tenants: [...new Set(options.tenants ?? [])].sort(),
    helper_hosts: [...new Set(options.helperHosts ?? [])].sort(),
  };
}
