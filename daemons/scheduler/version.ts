import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../protocol/packageRoot.ts';

/** Of this package, as `/health` and the OpenAPI document tell it. */
export const VERSION: string = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')).version;
