// biome-ignore-all lint/suspicious/noTemplateCurlyInString: a substitution that must not happen
import assert from 'node:assert/strict';
import { awsResources, awsTemplate, CELL_TAG } from '../../../../../toolchain/cloud/aws/awsTemplate.ts';
import { DOOR_PORT, SCHEDULER_PORT } from '../../../../../toolchain/cloud/cellCloud.ts';

const CELL = {
  name: 'one',
  size: 't4g.small',
  arch: 'arm64',
  from: '203.0.113.0/24',
  userData: 'a "b" ${c}\n',
} as const;
const template = (change: object = {}) => awsTemplate({ ...CELL, ...change });
const ofType = (type: string) => Object.values(template().Resources).filter(({ Type }) => Type === type);

/** Every object in a value, at any depth. */
function objectsIn(value: unknown): Array<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? inner : [value as Record<string, unknown>, ...inner];
}

describe('the template of a cell in AWS', () => {
  it('refers to nothing that it does not have', () => {
    const { Resources, Parameters, Outputs } = template();
    const known = [...Object.keys(Resources), ...Object.keys(Parameters)];
    const named = objectsIn({ Resources, Outputs }).flatMap((one) => {
      const attribute = one['Fn::GetAtt'];
      return [one.Ref, Array.isArray(attribute) ? attribute[0] : undefined].filter((name) => name !== undefined);
    });
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter((name) => !known.includes(String(name))),
      [],
    );
    const needed = Object.values(Resources).flatMap(({ DependsOn = [] }) => DependsOn);
    assert.deepEqual(
      needed.filter((name) => !known.includes(name)),
      [],
    );
  });

  it('opens two ports, to the given network alone', () => {
    const [group, ...more] = ofType('AWS::EC2::SecurityGroup');
    assert.equal(more.length, 0);
    const rules = group?.Properties.SecurityGroupIngress as Array<Record<string, unknown>>;
    assert.deepEqual(
      rules.map(({ IpProtocol, FromPort, ToPort, CidrIp }) => [IpProtocol, FromPort, ToPort, CidrIp]),
      [SCHEDULER_PORT, DOOR_PORT].map((port) => ['tcp', port, port, '203.0.113.0/24']),
    );
  });

  it('gives the cell no right in the cloud: no role, no policy, no key pair', () => {
    const types = Object.values(template().Resources).map(({ Type }) => Type);
    assert.deepEqual(
      types.filter((type) => /IAM|KeyPair|Bucket|Logs/.test(type)),
      [],
    );
    assert.doesNotMatch(JSON.stringify(template()), /IamInstanceProfile|KeyName/);
  });

  it('has each taggable resource with the name of the cell', () => {
    const tagged = Object.values(template({ name: 'two' }).Resources).filter(({ Properties }) => 'Tags' in Properties);
    assert.ok(tagged.length >= 5, `${tagged.length}`);
    for (const { Properties, Type } of tagged) {
      const tags = Properties.Tags as Array<{ Key: string; Value: string }>;
      assert.ok(
        tags.some(({ Key, Value }) => Key === CELL_TAG && Value === 'two'),
        Type,
      );
    }
  });

  it('takes the image of the architecture, and the size that was asked for', () => {
    for (const [arch, part] of [
      ['x64', '/amd64'],
      ['arm64', '/arm64'],
    ] as const) {
      assert.ok(JSON.stringify(template({ arch }).Parameters).includes(part));
    }
    const [machine] = ofType('AWS::EC2::Instance');
    assert.ok(JSON.stringify(machine).includes('t4g.small'));
  });

  it('gives the machine its script whole, whatever is in it, and no substitution of it', () => {
    const text = JSON.stringify(template());
    assert.doesNotMatch(text, /Fn::Sub/);
    const script = objectsIn(template()).flatMap(({ UserData }) => UserData ?? []);
    const [value] = script;
    const given = typeof value === 'string' ? value : (value as Record<string, unknown>)['Fn::Base64'];
    assert.ok(given === CELL.userData || Buffer.from(String(given), 'base64').toString() === CELL.userData);
  });

  it('has the resources that the plan shows, which names the stack as well', () => {
    const planned = awsResources('one').length;
    assert.equal(planned, Object.keys(template().Resources).length + 1);
  });
});
