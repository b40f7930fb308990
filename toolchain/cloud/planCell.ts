import type { BundleTarget } from '../cell/bundle/bundleParts.ts';
import type { CellCloud, CloudAccount, CloudCall, FoundCell, PlannedResource } from './cellCloud.ts';
import { DOOR_PORT, SCHEDULER_PORT } from './cellCloud.ts';

/** A port that will be open, to whom, and until when. */
export interface Opening {
  port: number;
  from: string;
  until: 'the cell is enrolled' | 'the cell is destroyed';
}

/** All that a person should know before a cell is made. */
export interface CellPlan extends CloudAccount {
  provider: CellCloud['provider'];
  name: string;
  region: string;
  size: string;
  target: BundleTarget;
  /** The state of what has the name now; what failed is removed first. */
  found: FoundCell;
  resources: PlannedResource[];
  open: Opening[];
  price: { known: false; see: string };
}

/**
 * Price lists are pages of the clouds. A figure in this file would be wrong one day, so none is
 * given.
 */
const PRICES: Record<CellCloud['provider'], string> = {
  aws: 'https://aws.amazon.com/ec2/pricing/on-demand/',
  gcp: 'https://cloud.google.com/compute/all-pricing',
};

/**
 * The plan of a cell. Nothing is changed for it.
 *
 * @throws {GrafosError} machine_size_unfit, cell_name_taken, and the errors of {@link CellCloud}
 */
export async function planCell(
  cloud: CellCloud,
  { name, size, from }: { name: string; size: string | undefined; from: string },
  call: CloudCall,
): Promise<CellPlan> {
  const chosen = size ?? cloud.defaultSize;
  const account = await cloud.account(call);
  const found = await cloud.find(name, call);
  return {
    provider: cloud.provider,
    name,
    ...account,
    region: cloud.region,
    size: chosen,
    target: await cloud.target(chosen, call),
    found,
    resources: cloud.resources(name),
    open: [
      { port: SCHEDULER_PORT, from, until: 'the cell is destroyed' },
      { port: DOOR_PORT, from, until: 'the cell is enrolled' },
    ],
    price: { known: false, see: PRICES[cloud.provider] },
  };
}
