/** Writes docs/api.md from the OpenAPI document. `--check` only says whether the page is behind, by its exit code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiPage } from '../daemons/scheduler/openapi/apiPage.ts';

const path = join(import.meta.dirname, '..', 'docs', 'api.md');
const page = apiPage();
if (!process.argv.includes('--check')) writeFileSync(path, page);
else if (readFileSync(path, 'utf8') !== page) {
  process.stderr.write('docs/api.md is behind the code; write it anew: node scripts/apiPage.ts\n');
  process.exitCode = 1;
}
