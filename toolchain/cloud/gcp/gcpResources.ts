import { DOOR_PORT, type PlannedResource, SCHEDULER_PORT } from '../cellCloud.ts';
import { resourceName } from '../cellName.ts';

/** The labels by which a cell is found. */
export const CELL_LABEL = 'grafos-cell';
export const CA_LABEL = 'grafos-ca';

/** Size of the machine's disk, GiB. */
const DISK_GIB = '10';

export interface GcpCell {
  name: string;
  project: string;
  region: string;
  zone: string;
  /** A machine type of Compute Engine. */
  size: string;
  arch: 'x64' | 'arm64';
  /** IPv4 network in CIDR notation. */
  from: string;
  userData: string;
  /** Mark of the CA. */
  ca: string;
  /** IPv4 address, once it is there. */
  address: string;
}

/** One of the five resources of a cell. */
export interface GcpResource extends PlannedResource {
  /** The collection below the project. */
  collection: string;
  /** The body of its insert. */
  body: Record<string, unknown>;
}

/** The five resources of a cell in the order in which they are made. */
export function gcpResources(cell: GcpCell): GcpResource[] {
  const { name, region, zone } = cell;
  const own = (part: string) => `${resourceName(name)}-${part}`;
  // Networks and firewalls have no labels; the description says whose they are.
  const description = describedAs(name);
  const network = `global/networks/${own('network')}`;
  const labels = { [CELL_LABEL]: name, [CA_LABEL]: cell.ca };
  return [
    {
      type: 'network',
      name: own('network'),
      collection: 'global/networks',
      body: { name: own('network'), description, autoCreateSubnetworks: false },
    },
    {
      type: 'subnetwork',
      name: own('subnetwork'),
      collection: `regions/${region}/subnetworks`,
      body: { name: own('subnetwork'), description, network, ipCidrRange: '10.77.0.0/28' },
    },
    {
      type: 'firewall',
      name: own('access'),
      collection: 'global/firewalls',
      body: {
        name: own('access'),
        description,
        network,
        direction: 'INGRESS',
        ...firewallRules(cell.from, [SCHEDULER_PORT, DOOR_PORT]),
      },
    },
    {
      type: 'address',
      name: own('address'),
      collection: `regions/${region}/addresses`,
      body: { name: own('address'), description, addressType: 'EXTERNAL', labels },
    },
    {
      type: 'instance',
      name: own('machine'),
      collection: `zones/${zone}/instances`,
      body: { name: own('machine'), description, labels, ...machineBody(cell, own('subnetwork')) },
    },
  ];
}

/** The part of a firewall that says who may reach what. */
export function firewallRules(from: string, ports: readonly number[]): Record<string, unknown> {
  return { sourceRanges: [from], allowed: [{ IPProtocol: 'tcp', ports: ports.map(String) }] };
}

/** The description by which a resource without labels is known. */
export function describedAs(name: string): string {
  return `grafOS cell ${name}`;
}

function machineBody({ region, zone, size, arch, address, userData, ca, name }: GcpCell, subnetwork: string) {
  const family = arch === 'x64' ? 'debian-13' : 'debian-13-arm64';
  return {
    machineType: `zones/${zone}/machineTypes/${size}`,
    disks: [
      {
        boot: true,
        autoDelete: true,
        initializeParams: {
          sourceImage: `projects/debian-cloud/global/images/family/${family}`,
          diskSizeGb: DISK_GIB,
          labels: { [CELL_LABEL]: name, [CA_LABEL]: ca },
        },
      },
    ],
    networkInterfaces: [
      {
        subnetwork: `regions/${region}/subnetworks/${subnetwork}`,
        accessConfigs: [{ type: 'ONE_TO_ONE_NAT', name: 'External NAT', natIP: address }],
      },
    ],
    metadata: {
      items: [
        { key: 'startup-script', value: userData },
        { key: 'enable-guest-attributes', value: 'TRUE' },
        { key: 'block-project-ssh-keys', value: 'TRUE' },
      ],
    },
    shieldedInstanceConfig: { enableSecureBoot: true, enableVtpm: true, enableIntegrityMonitoring: true },
  };
}
