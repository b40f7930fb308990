import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianMachine } from './debianMachine.ts';
import { debianRoot } from './debianRoot.ts';
import type { Machine, MachineStart } from './machine.ts';

/**
 * Boots a Debian 13 with the real cloud-init, which takes the very user data from a seed on the
 * disk (its data source NoCloud) and runs it as it does in a cloud.
 */
export function cloudInitMachine({ userData, ...start }: MachineStart): Machine {
  return debianMachine(start, debianRoot('cloud-init'), (upper) => {
    const seed = join(upper, 'var/lib/cloud/seed/nocloud');
    mkdirSync(seed, { recursive: true });
    writeFileSync(join(seed, 'user-data'), userData);
    writeFileSync(join(seed, 'meta-data'), 'instance-id: i-0123456789abcdef0\nlocal-hostname: cell\n');
    const configuration = join(upper, 'etc/cloud/cloud.cfg.d');
    mkdirSync(configuration, { recursive: true });
    // The network is there already: it is that of the namespace. There is no SSH to make keys for.
    const lines = ['datasource_list: [NoCloud]', 'network: {config: disabled}', 'ssh_genkeytypes: []', ''];
    writeFileSync(join(configuration, '99-test.cfg'), lines.join('\n'));
    writeFileSync(join(upper, 'etc/cloud/ds-identify.cfg'), 'policy: enabled\n');
  });
}
