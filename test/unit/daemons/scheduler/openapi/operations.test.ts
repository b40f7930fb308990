import assert from 'node:assert/strict';
import {
  OPERATIONS,
  type Operation,
  refusalsOf,
  TOKEN_REFUSALS,
} from '../../../../../daemons/scheduler/openapi/operations.ts';
import { SCHEMAS } from '../../../../../daemons/wire/apiSchemas.ts';
import { REFUSAL_REASONS } from '../../../../../daemons/wire/tenantApi.ts';

const ALL = Object.entries<Operation>(OPERATIONS);

describe('the operations of the tenant API', () => {
  it('have an address of their own', () => {
    const addresses = ALL.map(([, { method, path }]) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
    assert.ok(addresses.length > 20, `${addresses.length}`);
    assert.deepEqual(addresses, [...new Set(addresses)]);
  });

  for (const [id, operation] of ALL) {
    it(`${id} describes each parameter of its path, and no other`, () => {
      const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      assert.deepEqual(Object.keys(operation.params ?? {}).sort(), named.sort());
    });

    it(`${id} answers with what there are schemas of, and succeeds in one way at least`, () => {
      const bodies = [operation.body, ...Object.values(operation.answers).map(({ body }) => body)];
      for (const body of bodies) {
        if (body !== undefined && body !== 'bytes' && body !== 'events') assert.ok(Object.hasOwn(SCHEMAS, body), body);
      }
      assert.ok(Object.keys(operation.answers).some((status) => /^2\d\d$/.test(status)));
      if (operation.method === 'GET' || operation.method === 'HEAD') assert.equal(operation.body, undefined);
    });

    it(`${id} names no refusal twice, and none that every operation has`, () => {
      const { refusals } = operation;
      assert.equal(new Set(refusals).size, refusals.length);
      const common = refusalsOf({ ...operation, refusals: [] });
      assert.deepEqual(
        refusals.filter((reason) => common.includes(reason)),
        [],
      );
    });
  }

  it('refuse by tokens only where a token is asked for', () => {
    assert.deepEqual(refusalsOf(OPERATIONS.health), ['shutting_down', 'internal_error']);
    const withToken = refusalsOf(OPERATIONS.headModule);
    for (const reason of [...TOKEN_REFUSALS, 'role_required', 'not_found', 'bad_request'] as const)
      assert.ok(withToken.includes(reason), reason);
  });

  it('list refusals in the one order of all', () => {
    const { headModule } = OPERATIONS;
    const refusals = refusalsOf({ ...headModule, refusals: ['module_unknown', 'not_found'] });
    assert.deepEqual(
      refusals,
      REFUSAL_REASONS.filter((reason) => refusals.includes(reason)),
    );
  });
});
