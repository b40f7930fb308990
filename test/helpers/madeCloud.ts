import type { CellCloud } from '../../toolchain/cloud/cellCloud.ts';

/**
 * A cloud in which one cell is made, at an address of this machine. Nothing can be changed in it.
 *
 * @param ca the mark of the CA that the cell was made with
 * @param changes hears of what would have changed something
 * @param machineKey the hash that the cloud tells of the key of the machine
 */
export function madeCloud(address: string, ca: string, changes: string[] = [], machineKey?: string): CellCloud {
  return {
    provider: 'aws',
    region: 'eu-central-1',
    defaultSize: 't3.small',
    account: async () => ({ account: '123456789012', principal: 'ada' }),
    target: async () => 'linux-x64',
    resources: () => [],
    find: async () => ({ state: 'made', address, machine: 'i-1', ca }),
    make: async () => void changes.push('make'),
    settle: async () => {},
    machineKey: async () => machineKey,
    allow: async (_name, _from, ports) => void changes.push(`allow ${ports.join()}`),
    unmake: async () => void changes.push('unmake'),
    leftovers: async () => [],
    list: async () => [],
  };
}
