import assert from 'node:assert/strict';
import { LIMITS } from '../../../../../base/limits.ts';
import { BLOB_BYTES_MAX } from '../../../../../daemons/fabric/blobExchange.ts';
import { parseParams, payloadOf } from '../../../../../daemons/fabricbiosd/control/controlParams.ts';
import { FabricRefusedError } from '../../../../../daemons/fabricbiosd/control/fabricRefused.ts';
import { CAPABILITY_TTL_MS_MAX } from '../../../../../daemons/peers/capabilityToken.ts';
import type { FabricMethods } from '../../../../../daemons/wire/fabricControl.ts';

const HASH = '0123456789abcdef'.repeat(4);
const GOOD: { [M in keyof FabricMethods]: FabricMethods[M]['params'] } = {
  identity: {},
  inventory: {},
  'lease.list': {},
  'lease.alloc': { tenant: 'acme', bytes: 1, ttl_ms: LIMITS.holdMs },
  'lease.renew': { lease_id: 'lease-1', ttl_ms: 1 },
  'lease.free': { lease_id: '!'.repeat(128) },
  'cap.request': { lease_id: 'l', tenant: 't', rights: ['write', 'read'], ttl_ms: CAPABILITY_TTL_MS_MAX },
  'module.put': { module_sha256: HASH, bytes: { blob: 0xffff_ffff, size: BLOB_BYTES_MAX } },
  'tasklet.submit': {
    run_id: 'r',
    tenant: 't',
    program: 'p',
    tasklet: 'c',
    version: '0.1.0',
    module_sha256: HASH,
    input: { inline_b64: '' },
    mem_bytes: 0,
    fuel: LIMITS.fuelMax,
    linear_memory_bytes: 2 ** 32,
    timeout_ms: LIMITS.timeoutMsMax,
    hold_ms: 0,
    seed: HASH,
    start_unix_nanos: '9223372036854775807',
  },
  'tasklet.cancel': { run_id: 'r' },
};
type Method = keyof FabricMethods;
const METHODS = Object.keys(GOOD) as Method[];

function refused(says: RegExp) {
  return (error: unknown) =>
    error instanceof FabricRefusedError && error.code === 'bad_request' && says.test(error.message);
}

/** The parameters with one field changed; a field that is undefined is left out. */
const withField = (method: Method, name: string, value: unknown) => {
  const { [name as never]: _, ...rest } = GOOD[method];
  return value === undefined ? rest : { ...rest, [name]: value };
};

describe('parameters of fabric control', () => {
  for (const method of METHODS) {
    it(`${method}: good ones are taken as they are, at the edges of each bound`, () => {
      assert.deepEqual(parseParams[method](GOOD[method]), GOOD[method]);
    });

    it(`${method}: no object is refused`, () => {
      for (const wrong of [[], 'x', 1, true]) {
        assert.throws(() => parseParams[method](wrong), refused(/params must be an object/));
      }
    });

    it(`${method}: a field that it does not know is refused by its name, cut short`, () => {
      assert.throws(
        () => parseParams[method]({ ...GOOD[method], ['x'.repeat(500)]: 1 }),
        refused(/^unknown field "x{64}"$/),
      );
      const hidden = JSON.parse('{"__proto__": 1}');
      assert.throws(() => parseParams[method]({ ...GOOD[method], ...hidden, a: hidden }), refused(/unknown field/));
    });

    it(`${method}: each field that is missing is refused by its name`, () => {
      for (const name of Object.keys(GOOD[method])) {
        assert.throws(() => parseParams[method](withField(method, name, undefined)), refused(new RegExp(name)));
        assert.throws(() => parseParams[method](withField(method, name, null)), refused(new RegExp(name)));
      }
    });
  }

  it('may be left out where there are none, and nowhere else', () => {
    assert.deepEqual(parseParams.identity(undefined), {});
    assert.deepEqual(parseParams.inventory(null), {});
    assert.throws(() => parseParams['lease.free'](undefined), refused(/must be an object/));
  });

  const rows: Array<[method: Method, field: string, ...wrong: unknown[]]> = [
    ['lease.alloc', 'bytes', 0, -1, 1.5, '1', Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53],
    ['lease.alloc', 'ttl_ms', 0, LIMITS.holdMs + 1],
    ['lease.alloc', 'tenant', '', ' ', 'a b', 'ä', 'a\n', 'x'.repeat(129), 1, ['a']],
    ['cap.request', 'ttl_ms', 0, CAPABILITY_TTL_MS_MAX + 1],
    ['cap.request', 'rights', [], ['read', 'read'], ['admin'], 'read', { 0: 'read', length: 1 }],
    ['module.put', 'module_sha256', HASH.toUpperCase(), HASH.slice(1), `${HASH}0`, `${HASH}\n`, 0],
    ['module.put', 'bytes', 'AA==', { inline_b64: 1 }, { inline_b64: '', blob: 1 }, { blob: 1 }, { size: 1 }, []],
    ['module.put', 'bytes', { blob: 0, size: 1 }, { blob: 2 ** 32, size: 1 }, { blob: 1, size: BLOB_BYTES_MAX + 1 }],
    ['module.put', 'bytes', { blob: 1, size: 0 }, { blob: 1, size: 1, more: 1 }],
    ['tasklet.submit', 'fuel', -1, LIMITS.fuelMax + 1],
    ['tasklet.submit', 'linear_memory_bytes', 2 ** 32 + 1],
    ['tasklet.submit', 'timeout_ms', 0, LIMITS.timeoutMsMax + 1],
    ['tasklet.submit', 'hold_ms', -1, LIMITS.holdMs + 1],
    ['tasklet.submit', 'start_unix_nanos', '9223372036854775808', '01', '-1', '1.0', '', '1e3', 1],
  ];
  for (const [method, field, ...wrong] of rows) {
    it(
      `${method}: ${field} is refused as ${wrong.map((each) => JSON.stringify(each) ?? each).join(', ')}`.slice(0, 120),
      () => {
        for (const value of wrong) {
          assert.throws(
            () => parseParams[method](withField(method, field, value)),
            refused(new RegExp(`^(?:${field}|blob|size) must be`)),
            JSON.stringify(value),
          );
        }
      },
    );
  }

  it('keep of a payload what the wire knows, not what came along', () => {
    const put = parseParams['module.put']({ module_sha256: HASH, bytes: { size: 5, blob: 7 } });
    assert.deepEqual(put, { module_sha256: HASH, bytes: { blob: 7, size: 5 } });
  });
});

describe('the payload of a request', () => {
  it('is found though the rest of the request is wrong', () => {
    assert.deepEqual(payloadOf({ run_id: 1, input: { blob: 3, size: 9 } }, 'input'), { blob: 3, size: 9 });
  });

  it('is undefined where there is none', () => {
    for (const params of [undefined, null, 'x', {}, { input: { blob: 0, size: 1 } }]) {
      assert.equal(payloadOf(params, 'input'), undefined);
    }
  });
});
