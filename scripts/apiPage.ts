/**
 * Writes docs/reference/api.md from the OpenAPI document; with `--check` fails when they differ.
 */
import { apiPage } from '../daemons/scheduler/openapi/apiPage.ts';
import { writeGenerated } from './generated.ts';

writeGenerated({ 'docs/reference/api.md': apiPage() }, 'scripts/apiPage.ts');
