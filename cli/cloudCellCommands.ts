import type { CommandSpec } from './command.ts';

/** The commands for cells that exist: one renews their certificates, one adopts them. */
export const CLOUD_CELL_COMMANDS: CommandSpec[] = [
  {
    name: 'cloud renew',
    summary: 'Give a cell that was made from here new keys and certificates, for 90 days, while it runs',
    args: [{ name: '<provider>', description: 'aws or gcp' }],
    options: [
      { flags: '--name <name>', description: 'name of the cell', required: true },
      { flags: '--ca <file>', description: 'CA certificate that it was made with, where that is kept elsewhere' },
      { flags: '--ca-key <file>', description: 'its key; it stays on this machine' },
    ],
    examples: ['grafos cloud renew aws --name edge'],
    json: '{provider, name, not_after}',
    load: async () => (await import('./commands/cloudRenew.ts')).run,
  },
  {
    name: 'cloud adopt',
    summary: 'Add a running cell to a provider, once it has proved that it answers',
    args: [{ name: '<provider>', description: 'aws, gcp or azure' }],
    options: [
      { flags: '--scheduler <url>', description: 'URL of its scheduler', required: true },
      { flags: '--ca <file>', description: 'its CA certificate', required: true },
      { flags: '--cert <file>', description: 'tenant certificate', required: true },
      { flags: '--key <file>', description: 'key of the tenant certificate', required: true },
      { flags: '--tenant <name>', description: 'name of the tenant', required: true },
      { flags: '--name <name>', description: 'name for --cell; the id of the cell unless given' },
    ],
    examples: [
      'grafos cloud adopt aws --scheduler https://cell.example.com:8443 \\',
      '  --ca ca.pem --cert tenant.pem --key tenant-key.pem --tenant acme',
    ],
    json: '{file, cell, cell_id, region}',
    load: async () => (await import('./commands/cloud.ts')).adopt,
  },
];
