import assert from 'node:assert/strict';
import { DOOR_PORT, SCHEDULER_PORT } from '../../../../../toolchain/cloud/cellCloud.ts';
import {
  CA_LABEL,
  CELL_LABEL,
  describedAs,
  type GcpCell,
  gcpResources,
} from '../../../../../toolchain/cloud/gcp/gcpResources.ts';

const CELL: GcpCell = {
  name: 'one',
  project: 'my-project',
  region: 'europe-west3',
  zone: 'europe-west3-b',
  size: 'e2-small',
  arch: 'x64',
  from: '203.0.113.0/24',
  userData: '#!/bin/sh\necho "$X"\n',
  ca: 'ab'.repeat(16),
  address: '198.51.100.7',
};
const bodyOf = (type: string, cell = CELL) => {
  const found = gcpResources(cell).find((one) => one.type === type);
  assert.ok(found, type);
  return found.body;
};

describe('the resources of a cell in Google Cloud', () => {
  it('come in an order in which each finds what it needs, all under one name', () => {
    const all = gcpResources(CELL);
    assert.deepEqual(
      all.map(({ type }) => type),
      ['network', 'subnetwork', 'firewall', 'address', 'instance'],
    );
    for (const [at, { name, body }] of all.entries()) {
      assert.equal(body.name, name);
      const text = JSON.stringify(body);
      for (const later of all.slice(at + 1))
        assert.equal(text.includes(`/${later.name}"`), false, `${name} ${later.name}`);
    }
    assert.equal(new Set(all.map(({ name }) => name)).size, 5);
  });

  it('have names that the cloud takes', () => {
    for (const { name } of gcpResources({ ...CELL, name: 'a'.repeat(30) }))
      assert.match(name, /^[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?$/);
  });

  it('open two ports, to the given network alone', () => {
    const { direction, sourceRanges, allowed, network } = bodyOf('firewall');
    assert.deepEqual([direction, sourceRanges], ['INGRESS', ['203.0.113.0/24']]);
    assert.deepEqual(allowed, [{ IPProtocol: 'tcp', ports: [String(SCHEDULER_PORT), String(DOOR_PORT)] }]);
    assert.equal(network, `global/networks/${gcpResources(CELL)[0]?.name}`);
  });

  it('are known by a label, or by their description where there are none', () => {
    for (const type of ['address', 'instance']) {
      assert.deepEqual(bodyOf(type).labels, { [CELL_LABEL]: 'one', [CA_LABEL]: CELL.ca });
    }
    for (const { body } of gcpResources(CELL)) {
      if (body.labels === undefined) assert.equal(body.description, describedAs('one'));
    }
  });

  it('make a machine of the given size, place, image and address, with its script as it is', () => {
    const text = JSON.stringify(bodyOf('instance'));
    for (const part of ['zones/europe-west3-b/machineTypes/e2-small', 'debian-13', CELL.address])
      assert.ok(text.includes(part), part);
    assert.ok(text.includes(JSON.stringify(CELL.userData).slice(1, -1)));
    assert.ok(JSON.stringify(bodyOf('instance', { ...CELL, arch: 'arm64' })).includes('debian-13-arm64'));
    assert.ok(!text.includes('debian-13-arm64'));
  });

  it('give the machine no account, and so no right in the cloud', () => {
    const { serviceAccounts } = bodyOf('instance');
    assert.ok(serviceAccounts === undefined || JSON.stringify(serviceAccounts) === '[]');
  });
});
