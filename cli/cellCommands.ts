import type { CommandSpec, OptionSpec } from './command.ts';

const STATE: OptionSpec = {
  flags: '--state <folder>',
  description: 'state folder; /var/lib/grafos on Linux unless given',
};
const CA: OptionSpec[] = [
  { flags: '--ca <file>', description: 'CA certificate, to issue from' },
  { flags: '--ca-key <file>', description: 'CA key' },
];
const ANSWER: OptionSpec = { flags: '--cert <file>', description: 'answer to the signing request' };
const HOST: OptionSpec = {
  flags: '--host <host>',
  description: 'DNS name or IP address that clients use; they get the first for fabric memory',
  repeatable: true,
};
const DAYS: OptionSpec = { flags: '--days <n>', description: 'validity of the certificates', default: '90' };

/** The rows of `grafos cell`: a cell on a server of one's own. */
export const CELL_COMMANDS: CommandSpec[] = [
  {
    name: 'cell init',
    summary: 'Make the state folder of a cell: keys, and certificates or a request for them (docs/guide/own-server.md)',
    options: [
      STATE,
      { flags: '--cell-id <name>', description: 'id of the cell' },
      { flags: '--provider <name>', description: 'aws, gcp or azure' },
      { flags: '--region <name>', description: 'where the machine is' },
      HOST,
      { flags: '--listen <address>', description: 'IP address of this machine to listen on', default: '0.0.0.0' },
      { flags: '--port <port>', description: 'port of the scheduler', default: '7443' },
      { flags: '--memory-port <port>', description: 'port of the memory data plane', default: '7441' },
      { flags: '--control-port <port>', description: 'port of fabric control, on loopback', default: '7440' },
      { flags: '--mem-capacity <size>', description: 'fabric memory', default: '128MiB' },
      ...CA,
      DAYS,
      ANSWER,
    ],
    examples: [
      'grafos cell init --cell-id aws-eu-1 --provider aws --region eu-1 \\',
      '  --host cell.example.com',
      'grafos cell init --cert answer.pem',
    ],
    json: '{state, cell_id, ready, request: file or null}',
    load: async () => (await import('./commands/cell.ts')).init,
  },
  {
    name: 'cell sign',
    summary: 'Answer the signing request of a cell with its certificates',
    args: [{ name: '<request>', description: 'request.pem of the cell' }],
    options: [
      { flags: '--cell-id <name>', description: 'id that the cell has', required: true },
      { ...HOST, required: true },
      ...CA.map((option) => ({ ...option, required: true })),
      { flags: '--out <file>', description: 'file for the answer', required: true },
      DAYS,
    ],
    examples: [
      'grafos cell sign request.pem --cell-id aws-eu-1 --host cell.example.com \\',
      '  --ca ca/ca.pem --ca-key ca/ca-key.pem --out answer.pem',
    ],
    json: '{file, cell_id, not_after}',
    load: async () => (await import('./commands/cell.ts')).sign,
  },
  {
    name: 'cell run',
    summary: 'Run a cell in the foreground until a signal stops it; a dead daemon is started again',
    options: [
      STATE,
      {
        flags: '--log <where>',
        description: 'standard output, with the levels of the journal under systemd; or files in the state folder',
        choices: ['stdout', 'files'],
        default: 'stdout',
      },
    ],
    json: 'one line of log a line: {at, level: info|warn|error, from, text}',
    load: async () => (await import('./commands/cellRun.ts')).run,
  },
  {
    name: 'cell status',
    summary:
      'Show the cell of this machine; the exit code is 0 when it runs, 1 when it is unhealthy, 3 when it is stopped',
    options: [STATE],
    json: '{state: running|unhealthy|stopped, notes, folder, cell_id, provider, region, hosts, ports, certificates: [{name, not_after}], running: {pid, version, since, daemons, scheduler} or null}',
    load: async () => (await import('./commands/cell.ts')).status,
  },
  {
    name: 'cell renew',
    summary: 'Give a cell new keys and certificates, or make the request for them; a running cell takes them by itself',
    options: [STATE, ...CA, DAYS, ANSWER],
    examples: ['grafos cell renew', 'grafos cell renew --cert answer.pem'],
    json: '{cell_id, request: file or null, not_after, reported}',
    load: async () => (await import('./commands/cell.ts')).renew,
  },
  {
    name: 'cell bundle',
    summary: 'Pack grafos with its Node for a server, or verify such an archive',
    options: [
      { flags: '--target <name>', description: 'system of the server', choices: ['linux-x64', 'linux-arm64'] },
      { flags: '--out <folder>', description: 'folder for the archive and its checksum; the current one unless given' },
      { flags: '--cert <file>', description: 'certificate of an admin, to sign the checksum with' },
      { flags: '--key <file>', description: 'key of that certificate' },
      { flags: '--verify <file>', description: 'archive to verify instead of making one' },
      { flags: '--ca <file>', description: 'with --verify: CA whose admin must have signed' },
    ],
    examples: [
      'grafos cell bundle --target linux-x64 --cert ops.pem --key ops-key.pem',
      'grafos cell bundle --verify grafos-cell-0.1.0-linux-x64.tar.gz --ca ca.pem',
    ],
    json: '{file, bytes, sha256, checksum_file, signature_file, version, target}; with --verify {file, sha256, files, version, target, signed_by}',
    load: async () => (await import('./commands/cellBundle.ts')).run,
  },
];
