import type { CommandSpec, OptionSpec } from './command.ts';

const NAME: OptionSpec = { flags: '--name <name>', description: 'name of the cell', required: true };
const STEPS: OptionSpec = { flags: '--steps', description: 'print each step as a line of standard error' };
const PROVIDER = { name: '<provider>', description: 'aws or gcp' };

/** The commands that make, show and remove cells in a cloud. */
export const CLOUD_COMMANDS: CommandSpec[] = [
  {
    name: 'cloud provision',
    summary: 'Make a cell in your own account at a cloud, and adopt it; again: go on where an earlier try ended',
    args: [PROVIDER],
    options: [
      NAME,
      { flags: '--region <region>', description: "the cloud's own name of a region; that of its tools unless given" },
      { flags: '--size <size>', description: "the cloud's own name of a kind of machine; a small one unless given" },
      { flags: '--from <network>', description: 'address or network that may reach the cell; your own unless given' },
      { flags: '--ca <file>', description: 'CA certificate of yours; a new one unless given' },
      { flags: '--ca-key <file>', description: 'its key; it stays on this machine' },
      { flags: '--plan', description: 'show what would be made, and make nothing' },
      { flags: '--yes', description: 'make it without asking' },
      STEPS,
    ],
    examples: [
      'grafos cloud provision aws --name edge --region eu-central-1 --plan',
      'grafos cloud provision aws --name edge --region eu-central-1',
    ],
    json: '{file, cell, cell_id, region, name, keys}; with --plan {provider, name, account, principal, region, size, target, found, resources: [{type, name}], open: [{port, from, until}], price: {known, see}}',
    load: async () => (await import('./commands/cloudProvision.ts')).run,
  },
  {
    name: 'cloud status',
    summary: 'Show the cells that were made from this program; the exit code is 0 when all are ready, else 3',
    options: [{ flags: '--name <name>', description: 'only this cell' }],
    json: '[{provider, name, region, step, cloud, url, healthy, version, last_heartbeat, certificate_ends, next}]',
    load: async () => (await import('./commands/cloud.ts')).status,
  },
  {
    name: 'cloud list',
    summary: 'List the cells in a region of your account at a cloud, made from anywhere',
    args: [PROVIDER],
    options: [
      { flags: '--region <region>', description: "the cloud's own name of a region; that of its tools unless given" },
    ],
    json: '[{name, region, state}]',
    load: async () => (await import('./commands/cloudList.ts')).run,
  },
  {
    name: 'cloud destroy',
    summary: 'Remove a cell and all that was made for it, and prove that nothing is left; 1 when something is',
    args: [PROVIDER],
    options: [
      NAME,
      { flags: '--region <region>', description: 'another region to look in, besides those in the notes' },
      { flags: '--force', description: 'although runs are active on it' },
      { flags: '--yes', description: 'do not ask for the name to be typed' },
      STEPS,
    ],
    examples: ['grafos cloud destroy aws --name edge'],
    json: '{name, regions: [region], left: [{type, name, region}]}',
    load: async () => (await import('./commands/cloud.ts')).destroy,
  },
];
