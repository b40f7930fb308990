import type { StackRequest } from '../../daemons/wire/devState.ts';
import { DEFAULT_TENANT } from '../account/account.ts';
import type { StackOptions } from './startStack.ts';

/** Bytes of fabric memory that a stack has unless asked for others. */
export const DEFAULT_MEM_CAPACITY = 128 * 1024;

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
