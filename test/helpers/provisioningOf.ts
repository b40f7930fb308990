import type { CellKeys } from '../../toolchain/cloud/cellKeys.ts';
import type { Provisioning } from '../../toolchain/cloud/provisionCell.ts';

/** All that making a cell `name` in aws needs, for a cell that is there already. */
export function provisioningOf(programRoot: string, name: string, keys: CellKeys): Provisioning {
  return {
    programRoot,
    plan: {
      account: '123456789012',
      principal: 'ada',
      provider: 'aws',
      name,
      region: 'eu-central-1',
      size: 't3.small',
      target: 'linux-x64',
      found: { state: 'absent' },
      resources: [],
      open: [],
      price: { known: false, see: 'https://aws.amazon.com' },
    },
    keys,
    tenant: 'acme',
    from: '192.0.2.1/32',
    signal: new AbortController().signal,
    report: () => {},
  };
}
