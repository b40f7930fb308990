import assert from 'node:assert/strict';
import { LIMITS } from '../../../../base/limits.ts';
import { SCHEMAS, type Schema, type SchemaName } from '../../../../daemons/wire/apiSchemas.ts';
import { createSchemaCheck } from '../../../../daemons/wire/schemaCheck.ts';
import { ARTIFACT_NAMES, REFUSAL_REASONS } from '../../../../daemons/wire/tenantApi.ts';
import { RECORD, RUN, SUBMIT } from '../../../helpers/goodAnswers.ts';
import { wrongAnswers } from '../../../helpers/wrongAnswers.ts';

const AT = '2026-01-02T03:04:05Z';
// A check is compiled once, when it is first used.
const CHECKS = new Map(Object.entries(SCHEMAS).map(([name, schema]) => [name, createSchemaCheck(schema, SCHEMAS)]));
const check = (name: SchemaName, value: unknown) => CHECKS.get(name)?.(value, name);

describe('the schemas of the tenant API', () => {
  it('are each a schema that compiles, and name no schema that there is not', () => {
    for (const [name, one] of CHECKS) assert.equal(typeof one(undefined, name), 'string', name);
  });

  it('have objects with no other keys than those they name, all of them required but a few', () => {
    const objects: Schema[] = [];
    const walk = (schema: Schema) => {
      if (schema.properties !== undefined) objects.push(schema);
      for (const one of [...Object.values(schema.properties ?? {}), ...(schema.anyOf ?? [])]) walk(one);
      if (schema.items !== undefined) walk(schema.items);
    };
    for (const schema of Object.values(SCHEMAS)) walk(schema);
    assert.ok(objects.length > 25);
    for (const { properties = {}, required = [], additionalProperties } of objects) {
      assert.equal(additionalProperties, false);
      assert.deepEqual(
        required.filter((key) => !(key in properties)),
        [],
      );
    }
  });

  const GOOD: Array<[SchemaName, unknown]> = [
    ['RunSubmit', SUBMIT],
    [
      'RunSubmit',
      {
        ...SUBMIT,
        version: 'x'.repeat(128),
        mem_bytes: Number.MAX_SAFE_INTEGER,
        fuel: LIMITS.fuelMax,
        linear_memory_bytes: 2 ** 32,
        timeout_ms: LIMITS.timeoutMsMax,
        hold_ms: LIMITS.holdMs,
        seed: '0'.repeat(64),
        start_unix_nanos: '9999999999999999999',
      },
    ],
    ['Run', RUN],
    ['Run', { ...RUN, state: 'admitted', ended_at: null, response: null, lease_id: null }],
    ['RunRecord', RECORD],
    ['CapabilityRequest', { rights: ['read'] }],
    ['CapabilityRequest', { rights: ['write', 'read'], ttl_ms: LIMITS.tokenSeconds * 1000 }],
    ['TenantCreate', { name: 'acme', certificate_pem: 'x'.repeat(16_384), rotate: false }],
    ...REFUSAL_REASONS.map((reason): [SchemaName, unknown] => ['Refusal', { error: { reason, message: '' } }]),
    ...ARTIFACT_NAMES.map((name): [SchemaName, unknown] => [
      'ArtifactList',
      { artifacts: [{ name, size: 0, sha256: 'ab'.repeat(32) }] },
    ]),
    ['RefusedEvent', { run_id: 'r', reason: 'lease_denied: capacity' }],
    ['StateEvent', { run_id: 'r', state: 'placed', at: AT }],
  ];
  for (const [index, [name, value]] of GOOD.entries()) {
    it(`${name} ${index} fits`, () => assert.equal(check(name, value), null));
  }

  for (const [name, value] of [
    ['RunSubmit', SUBMIT],
    ['Run', RUN],
    ['RunRecord', RECORD],
  ] as const) {
    it(`${name} fits in none of the ways it can be wrong`, () => {
      const wrong = wrongAnswers(SCHEMAS[name], value);
      assert.ok(wrong.length > 10, `${wrong.length}`);
      for (const one of wrong) assert.notEqual(check(name, one.body), null, one.name);
    });
  }

  const BAD: Array<[SchemaName, object, RegExp]> = [
    ['RunSubmit', { ...SUBMIT, program: '../x' }, /program must match/],
    ['RunSubmit', { ...SUBMIT, program: `a${'b'.repeat(63)}` }, /program must match/],
    ['RunSubmit', { ...SUBMIT, tasklet: 'Demo' }, /tasklet must match/],
    ['RunSubmit', { ...SUBMIT, version: '' }, /version must be at least 1/],
    ['RunSubmit', { ...SUBMIT, module_sha256: 'AB'.repeat(32) }, /module_sha256 must match/],
    ['RunSubmit', { ...SUBMIT, module_sha256: `${'ab'.repeat(32)}\n` }, /module_sha256 must match/],
    ['RunSubmit', { ...SUBMIT, fuel: 0 }, /fuel must be at least 1/],
    ['RunSubmit', { ...SUBMIT, fuel: LIMITS.fuelMax + 1 }, /fuel must be at most/],
    ['RunSubmit', { ...SUBMIT, linear_memory_bytes: 2 ** 32 + 1 }, /linear_memory_bytes must be at most/],
    ['RunSubmit', { ...SUBMIT, hold_ms: LIMITS.holdMs + 1 }, /hold_ms must be at most/],
    ['RunSubmit', { ...SUBMIT, start_unix_nanos: '01' }, /start_unix_nanos must match/],
    ['RunSubmit', { ...SUBMIT, tenant: 'acme' }, /unknown key "tenant"/],
    ['CapabilityRequest', { rights: [] }, /at least 1 items/],
    ['CapabilityRequest', { rights: ['read', 'read'] }, /repeat itself/],
    ['CapabilityRequest', { rights: ['admin'] }, /one of read, write/],
    ['CapabilityRequest', { rights: ['read'], ttl_ms: 0 }, /at least 1/],
    ['TenantCreate', { name: 'a/b', certificate_pem: '' }, /name must match/],
    ['TenantCreate', { name: 'acme', certificate_pem: 'x'.repeat(16_385) }, /at most 16384/],
    ['Refusal', { error: { reason: 'because', message: '' } }, /reason must be one of/],
    ['ArtifactList', { artifacts: [{ name: '../x', size: 0, sha256: 'ab'.repeat(32) }] }, /name must be one of/],
  ];
  for (const [name, value, says] of BAD) {
    it(`${name} is refused: ${says.source}`, () => assert.match(check(name, value) ?? 'it fits', says));
  }
});
