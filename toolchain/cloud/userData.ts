import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../base/packageRoot.ts';
import { DOOR_PORT, type MakingProvider, SCHEDULER_PORT } from './cellCloud.ts';

/** Bytes that EC2 takes before its base64. */
export const USER_DATA_BYTES_MAX = 16 * 1024;

/** Time that the enrolment door waits for its one caller, seconds. */
export const DOOR_SECONDS = 24 * 60 * 60;

export interface DoorFacts {
  provider: MakingProvider;
  region: string;
  cellId: string;
  /** PEM. */
  ca: string;
}

/** Folder on the machine that holds the door. */
const FOLDER = '/var/lib/grafos-door';

/**
 * The script that a new machine runs once: it lays out the enrolment door and starts it. Whoever
 * may read the account can read it, so it holds no secret.
 *
 * @returns text of at most {@link USER_DATA_BYTES_MAX} bytes
 */
export function userData({ provider, region, cellId, ca }: DoorFacts, seconds = DOOR_SECONDS): string {
  const door = {
    provider,
    region,
    cell_id: cellId,
    door_port: DOOR_PORT,
    scheduler_port: SCHEDULER_PORT,
    seconds,
  };
  const text = [
    '#!/bin/bash',
    '# The first script of a cell of grafOS. It holds no secret.',
    'set -eu',
    'umask 077',
    `mkdir -p ${FOLDER}`,
    ...file(`${FOLDER}/ca.pem`, ca),
    ...file(`${FOLDER}/door.json`, JSON.stringify(door)),
    ...file(`${FOLDER}/door.py`, readFileSync(join(packageRoot, 'media', 'cell', 'door.py'), 'utf8')),
    ...file('/etc/systemd/system/grafos-door.service', DOOR_UNIT),
    'chmod 0644 /etc/systemd/system/grafos-door.service',
    'systemctl daemon-reload',
    'systemctl enable grafos-door.service',
    'systemctl start --no-block grafos-door.service',
    '',
  ].join('\n');
  if (Buffer.byteLength(text) > USER_DATA_BYTES_MAX) throw new Error('the user data is longer than EC2 takes');
  return text;
}

const DOOR_UNIT = `[Unit]
Description=Enrolment door of a cell of grafOS
After=network-online.target
Wants=network-online.target
ConditionPathExists=!${FOLDER}/closed

[Service]
ExecStart=/usr/bin/python3 ${FOLDER}/door.py
Restart=on-failure
RestartSec=2

[Install]
WantedBy=multi-user.target
`;

/** The quoted end mark keeps the shell from reading anything in the content. */
function file(path: string, content: string): string[] {
  const end = 'END_OF_GRAFOS_FILE';
  if (content.includes(end)) throw new Error(`${path} holds the end mark`);
  return [`cat > ${path} <<'${end}'`, content.trimEnd(), end];
}
