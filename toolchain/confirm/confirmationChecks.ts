import type { Schema } from '../../daemons/wire/apiSchemas.ts';
import { createSchemaCheck } from '../../daemons/wire/schemaCheck.ts';

const hash: Schema = { type: 'string', pattern: '^[0-9a-f]{64}$' };
const confirmed = { entry_sha256: hash, ca_sha256: hash };

/** The check of a record of confirmations. */
export const CONFIRMATION_CHECK = createSchemaCheck({
  type: 'object',
  required: ['version', 'program', 'stack', 'cells'],
  properties: {
    version: { const: 1 },
    program: { type: 'string' },
    stack: { anyOf: [{ type: 'object', required: Object.keys(confirmed), properties: confirmed }, { type: 'null' }] },
    cells: {
      type: 'array',
      items: {
        type: 'object',
        required: [...Object.keys(confirmed), 'deploys'],
        properties: { ...confirmed, deploys: { type: 'boolean' } },
      },
    },
  },
});
