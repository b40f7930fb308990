import type { OptionSpec } from './command.ts';

export const PROVIDER: OptionSpec = { flags: '--provider <name>', description: 'local, aws, gcp or azure' };
export const CELL: OptionSpec = { flags: '--cell <name>', description: 'one of several cells of the provider' };
export const OUTPUT: OptionSpec = { flags: '--output <file>', description: 'write the bytes of the output to a file' };
