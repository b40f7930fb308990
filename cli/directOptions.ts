import type { OptionSpec } from './command.ts';

/** Options for a scheduler that no provider names. Each falls back to the environment variable. */
export const DIRECT: OptionSpec[] = [
  { flags: '--scheduler <url>', description: 'URL of a scheduler (GRAFOS_SCHEDULER)' },
  { flags: '--ca <file>', description: 'its CA certificate (GRAFOS_CA)' },
  { flags: '--cert <file>', description: 'client certificate (GRAFOS_CERT)' },
  { flags: '--key <file>', description: 'key of the client certificate (GRAFOS_KEY)' },
];
