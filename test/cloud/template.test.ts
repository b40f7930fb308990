import assert from 'node:assert/strict';
import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import { awsResources, awsTemplate } from '../../toolchain/cloud/aws/awsTemplate.ts';
import { gcpResources } from '../../toolchain/cloud/gcp/gcpResources.ts';
import { USER_DATA_BYTES_MAX, userData } from '../../toolchain/cloud/userData.ts';
import { createAuthority } from '../../toolchain/trust/authority.ts';
import { ComputeModel } from '../fakeCloud/computeModel.ts';

type Template = ReturnType<typeof awsTemplate>;

const script = userData({
  provider: 'aws',
  region: 'eu-central-1',
  cellId: `aws-${'n'.repeat(30)}`,
  ca: createAuthority({ name: 'grafOS cell CA', days: 1 }).certPem,
});
const cell = { name: 'edge', size: 't3.small', arch: 'x64', from: '203.0.113.7/32', userData: script } as const;
const gcpCell = {
  ...cell,
  project: 'p',
  region: 'europe-west1',
  zone: 'europe-west1-b',
  size: 'e2-small',
  ca: 'ab'.repeat(16),
  address: '203.0.113.9',
};

describe('the template of a cell in aws', () => {
  const faults = specification();

  it('fits the specification of CloudFormation', () => assert.deepEqual(faults(awsTemplate(cell)), []));

  it('has no finding overlooked: every mutation of every key by one character is found', () => {
    const template = awsTemplate(cell);
    const keys = mutableKeys(template);
    assert.ok(keys.length >= 40, `${keys.length} keys`);
    let tried = 0;
    const missed: string[] = [];
    for (const at of keys) {
      for (const name of mutationsOf(nameOf(template, at))) {
        tried++;
        if (faults(mutated(template, at, name)).length === 0) missed.push(`${at.join('.')} as ${name}`);
      }
    }
    assert.ok(tried >= 1_000, `${tried} mutations`);
    assert.deepEqual(missed, []);
  });

  it('opens two ports to one network, and makes nothing with rights of its own', () => {
    const text = JSON.stringify(awsTemplate(cell));
    assert.deepEqual(
      [...text.matchAll(/"CidrIp":"([^"]+)"/g)].map(([, from]) => from),
      ['203.0.113.7/32', '203.0.113.7/32'],
    );
    assert.doesNotMatch(text, /AWS::IAM|IamInstanceProfile|KeyName|AWS::S3|AWS::Logs/);
    assert.equal(awsResources('edge').length, 11);
  });
});

describe('the resources of a cell in gcp', () => {
  const model = new ComputeModel();

  it('fit the description of Compute Engine, and one fault in each is found', () => {
    const query = new URLSearchParams({ requestId: '0' });
    for (const { collection, body } of gcpResources(gcpCell)) {
      assert.deepEqual(model.findings('POST', collection, query, body), []);
      for (const key of Object.keys(body)) {
        const { [key]: value, ...rest } = body;
        assert.notDeepEqual(model.findings('POST', collection, query, { ...rest, [`${key}x`]: value }), [], key);
      }
    }
  });

  it('have neither a service account nor an open network', () => {
    const text = JSON.stringify(gcpResources(gcpCell));
    assert.doesNotMatch(text, /serviceAccounts|0\.0\.0\.0\/0/);
  });
});

describe('the user data', () => {
  it('fits the bound of EC2 with the longest name, and holds no key', () => {
    assert.ok(Buffer.byteLength(script) < USER_DATA_BYTES_MAX, `${Buffer.byteLength(script)} bytes`);
    assert.doesNotMatch(script, /PRIVATE KEY/);
  });
});

/** Checks templates by the published specification: types, properties, required ones. */
function specification(): (template: Template) => string[] {
  const database = loadAwsServiceSpecSync();
  return ({ Resources }) =>
    Object.entries(Resources).flatMap(([id, { Type, Properties = {}, DependsOn = [], ...more }]) => {
      const [type] = database.lookup('resource', 'cloudFormationType', 'equals', Type ?? '');
      if (type === undefined) return [`${id} has the unknown type ${Type}`];
      const found = Object.keys(more).map((key) => `${id} has no ${key}`);
      for (const other of DependsOn) if (!(other in Resources)) found.push(`${id} depends on ${other}`);
      for (const key of Object.keys(Properties)) {
        if (!(key in type.properties)) found.push(`${Type} has no property ${key}`);
      }
      for (const [key, { required }] of Object.entries(type.properties)) {
        if (required === true && !(key in Properties)) found.push(`${Type} needs ${key}`);
      }
      for (const [, to = ''] of JSON.stringify(Properties).matchAll(/\{"Ref":"([^"]+)"/g)) {
        if (!(to in Resources) && to !== 'Image') found.push(`${id} refers to ${to}`);
      }
      return found;
    });
}

/** The keys of resources and of their properties, as paths. */
function mutableKeys({ Resources }: Template): Array<[id: string, property?: string]> {
  return Object.entries(Resources).flatMap(([id, { Properties }]) => [
    [id] as [string],
    ...Object.keys(Properties).map((key) => [id, key] as [string, string]),
  ]);
}

/** The type of a resource, or the name of one of its properties. */
function nameOf({ Resources }: Template, [id, property]: [id: string, property?: string]): string {
  const resource = Resources[id];
  if (resource === undefined) throw new Error(`no ${id}`);
  return property ?? resource.Type;
}

/** A name with each of its characters left out, doubled and replaced. */
function mutationsOf(name: string): string[] {
  const found = new Set<string>();
  for (let at = 0; at < name.length; at++) {
    const [before, character, after] = [name.slice(0, at), name[at] as string, name.slice(at + 1)];
    const other = character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase();
    for (const instead of ['', character + character, other, '#']) found.add(before + instead + after);
  }
  found.delete(name);
  return [...found];
}

/** Gives the type of a resource, or one of its properties, another name. */
function mutated(template: Template, [id, property]: [id: string, property?: string], name: string): Template {
  const copy = structuredClone(template);
  const resource = copy.Resources[id];
  if (resource === undefined) throw new Error(`no ${id}`);
  if (property === undefined) resource.Type = name;
  else {
    resource.Properties[name] = resource.Properties[property];
    delete resource.Properties[property];
  }
  return copy;
}
