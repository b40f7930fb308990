/** Writes docs/api.md from the OpenAPI document; with `--check` fails when they differ. */
import { apiPage } from '../daemons/scheduler/openapi/apiPage.ts';
import { writeGenerated } from './generated.ts';

writeGenerated({ 'docs/api.md': apiPage() }, 'scripts/apiPage.ts');
