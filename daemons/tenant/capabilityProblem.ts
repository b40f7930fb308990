import type { Capability } from '../wire/tenantApi.ts';

/**
 * Finds the reason why a capability must not be used; null where there is none.
 *
 * The data plane is at the host of the scheduler: an answer must not choose which other machine
 * this one connects to.
 *
 * @param url the scheduler that answered
 * @param leaseId the lease that the run holds; undefined while it runs, when only the cell knows it
 */
export function capabilityProblem(
  capability: Capability,
  url: string,
  leaseId: string | null | undefined,
): string | null {
  const { mem_dataplane, lease_id } = capability;
  if (leaseId !== undefined && lease_id !== leaseId)
    return `the capability is for lease ${lease_id}, and the run holds ${leaseId}`;
  const plane = URL.canParse(mem_dataplane) ? new URL(mem_dataplane) : null;
  if (plane === null || plane.protocol !== 'https:') return `"${mem_dataplane}" is not the address of a data plane`;
  const { hostname } = new URL(url);
  return plane.hostname === hostname
    ? null
    : `the data plane is at ${plane.hostname}, and its scheduler is at ${hostname}`;
}
