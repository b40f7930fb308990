import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { packageRoot } from '../../base/packageRoot.ts';
import { REFUSAL_STATUS } from '../../daemons/scheduler/http/status.ts';
import { apiPage } from '../../daemons/scheduler/openapi/apiPage.ts';
import { openapiDocument } from '../../daemons/scheduler/openapi/openapiDocument.ts';
import { OPERATIONS } from '../../daemons/scheduler/openapi/operations.ts';
import { SCHEMAS, type Schema, type SchemaName } from '../../daemons/wire/apiSchemas.ts';
import type { Check } from '../../daemons/wire/checkOf.ts';
import { createSchemaCheck } from '../../daemons/wire/schemaCheck.ts';
import type { RefusalReason } from '../../daemons/wire/tenantApi.ts';
import { standaloneModule } from '../../scripts/standaloneChecks.ts';
import { wrapMarkdown } from '../../scripts/wrapMarkdown.ts';
import { temporaryFolder } from '../helpers/temporaryFolder.ts';
import { type Harness, MODULE, MODULE_SHA256, startHarness, submitOf } from './schedulerHarness.ts';

interface AjvLike {
  addSchema(schema: object): void;
  compile(schema: object): (value: unknown) => boolean;
}
// Ajv as it comes, without the options and the preparation of our checks, is their judge.
const Ajv: new (options: object) => AjvLike = createRequire(import.meta.url)('ajv/dist/2020').default;

function ajvFor(name: SchemaName): (value: unknown) => boolean {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'doc:', components: { schemas: SCHEMAS } });
  return ajv.compile({ $ref: `doc:#/components/schemas/${name}` });
}

const valid = (name: SchemaName, value: unknown): void => {
  const problem = createSchemaCheck(SCHEMAS[name], SCHEMAS)(value, name);
  assert.equal(problem, null, `${problem}: ${JSON.stringify(value).slice(0, 300)}`);
  assert.ok(ajvFor(name)(value), name);
};

describe('scheduler: OpenAPI', () => {
  it('the page is what the code says', () => {
    assert.equal(
      readFileSync(join(packageRoot, 'docs', 'reference', 'api.md'), 'utf8'),
      wrapMarkdown(apiPage()),
      'run: node scripts/apiPage.ts',
    );
  });

  it('every $ref of the document leads somewhere, every operation id is its own, every reason has a status', () => {
    const text = JSON.stringify(openapiDocument('1.2.3'));
    for (const [, name] of text.matchAll(/#\/components\/schemas\/(\w+)/g))
      assert.ok(name !== undefined && name in SCHEMAS, name);
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    assert.deepEqual([...ids].sort(), Object.keys(OPERATIONS).sort());
    assert.equal(JSON.parse(text).openapi, '3.1.0');
    for (const [reason, status] of Object.entries(REFUSAL_STATUS)) assert.ok(status >= 400, reason);
  });

  it('refuses a keyword it would not check', () => {
    assert.throws(() => createSchemaCheck({ multiplesOf: 2 } as Schema)(1, 'it'), /multiplesOf/);
  });

  it('agrees with Ajv on any submit, right or wrong, in the code of the bundles', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'checks.mjs');
    const checkOf = new URL('../../daemons/wire/checkOf.ts', import.meta.url).href;
    await writeFile(file, standaloneModule({ RUN_SUBMIT: createSchemaCheck(SCHEMAS.RunSubmit, SCHEMAS) }, checkOf));
    const ours: Check = (await import(pathToFileURL(file).href)).RUN_SUBMIT;
    const theirs = ajvFor('RunSubmit');
    const right = { ...submitOf('plain'), hold_ms: 1, seed: 'ab'.repeat(32), start_unix_nanos: '1' };
    assert.equal(ours(right, 'body'), null);
    const key = fc.constantFrom(...Object.keys(right), 'extra', '__proto__', 'toString');
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom<unknown>(-1, 0, 1, 1.5, 2 ** 53, '', 'a', 'A', 'a-b', '0'.repeat(64), null, [], {}),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(key, value), { maxLength: 3 }), fc.option(key), (changes, dropped) => {
        const body: Record<string, unknown> = { ...right };
        for (const [name, changed] of changes)
          Object.defineProperty(body, name, { value: changed, enumerable: true, configurable: true });
        if (dropped !== null) delete body[dropped];
        assert.equal(ours(body, 'body') === null, theirs(body), JSON.stringify(body));
      }),
      { numRuns: 500 },
    );
    for (const body of [null, [], 'x', 1, true]) assert.equal(ours(body, 'body') === null, theirs(body));
  });

  describe('answers are of the shape the document promises', () => {
    let stack: Harness;
    before(async () => {
      stack = await startHarness();
    });
    after(() => stack.close());

    it('all of them', async () => {
      const { client, files } = await stack.tenant();
      await client.putModule(MODULE_SHA256, MODULE);
      for (const tasklet of ['plain', 'fail']) {
        const run = await client.submit(submitOf(tasklet, { mem_bytes: 64, hold_ms: 60_000 }), { waitMs: 5_000 });
        valid('Run', run);
        valid('ArtifactList', { artifacts: await client.listArtifacts(run.run_id) });
        if (tasklet === 'plain')
          valid('Capability', await client.capability(run, { rights: ['read', 'write'], ttl_ms: 1 }));
      }
      valid('Run', await client.submit(submitOf('hold')));
      valid('RunList', { runs: await client.listRuns() });
      valid('Health', await client.health());
      valid('Inventory', await client.inventory());
      valid('TenantList', { tenants: await stack.admin.tenants() });
      valid('Tenant', await stack.admin.createTenant('dev-tenant', files.certPem));
      valid('Quota', await stack.admin.getQuota('dev-tenant'));
      await assert.rejects(client.submit(submitOf('plain', { mem_bytes: 2 ** 40 })));
      for (const [name, { text }] of [
        ['AdmissionList', await client.admissions()],
        ['PlacementList', await client.placements()],
        ['AuditList', await stack.admin.audit()],
      ] as const) {
        valid(name, JSON.parse(text));
      }
      const refusal: { error: { reason: RefusalReason; message: string } } = {
        error: { reason: 'not_found', message: 'x' },
      };
      valid('Refusal', refusal);
    });
  });
});
