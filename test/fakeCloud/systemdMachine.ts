import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianMachine } from './debianMachine.ts';
import { debianRoot } from './debianRoot.ts';
import type { Machine, MachineStart } from './machine.ts';

/**
 * Boots a Debian 13 that runs the very user data, as root, once, by a unit of the test: it has no
 * cloud-init, so it is up sooner.
 */
export function systemdMachine({ userData, ...start }: MachineStart): Machine {
  return debianMachine(start, debianRoot(), (upper) => {
    writeFileSync(join(upper, 'user-data'), userData);
    chmodSync(join(upper, 'user-data'), 0o700);
    writeFileSync(join(upper, 'etc/systemd/system/user-data.service'), USER_DATA_UNIT);
    symlinkSync('../user-data.service', join(upper, 'etc/systemd/system/multi-user.target.wants/user-data.service'));
  });
}

const USER_DATA_UNIT = `[Unit]
Description=The user data, as cloud-init runs it at the first boot
After=network-online.target
ConditionPathExists=!/var/lib/user-data.done

[Service]
Type=oneshot
ExecStart=/user-data
ExecStartPost=/usr/bin/touch /var/lib/user-data.done
StandardOutput=append:/var/log/user-data.log
StandardError=append:/var/log/user-data.log
`;
