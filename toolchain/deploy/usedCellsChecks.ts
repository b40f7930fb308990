import type { Schema } from '../../daemons/wire/apiSchemas.ts';
import { createSchemaCheck } from '../../daemons/wire/schemaCheck.ts';

const name: Schema = { type: 'string' };

/** The check of a record of used cells. */
export const USED_CELLS_CHECK = createSchemaCheck({
  type: 'object',
  required: ['version', 'program', 'last', 'runs'],
  properties: {
    version: { const: 1 },
    program: name,
    last: { type: 'object', properties: { aws: name, gcp: name, azure: name } },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['run_id', 'provider', 'cell'],
        properties: { run_id: name, provider: { enum: ['aws', 'gcp', 'azure'] }, cell: name },
      },
    },
  },
});
