import type { Schema } from '../../daemons/wire/apiSchemas.ts';
import { createSchemaCheck } from '../../daemons/wire/schemaCheck.ts';
import { MAKING_PROVIDERS } from './cellCloud.ts';

const text: Schema = { type: 'string' };
/** The check of the notes on a cell in a cloud. */
export const JOURNAL_CHECK = createSchemaCheck({
  type: 'object',
  required: ['version', 'provider', 'name', 'account', 'regions', 'size', 'from', 'token', 'step', 'url', 'began'],
  properties: {
    version: { const: 1 },
    provider: { enum: [...MAKING_PROVIDERS] },
    name: text,
    account: text,
    regions: { type: 'array', items: { type: 'string', pattern: '^[a-z0-9-]{1,40}$' } },
    size: text,
    from: text,
    token: { type: 'string', pattern: '^[A-Za-z0-9-]{1,100}$' },
    step: { enum: ['make', 'enrol', 'open', 'adopt', 'done', 'unmake'] },
    url: { anyOf: [text, { type: 'null' }] },
    began: text,
  },
});
