import { join } from 'node:path';

/** A path that no machine has: a folder below a file. */
export const NOWHERE = join(import.meta.filename, 'nowhere');
