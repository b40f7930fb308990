import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { GrafosError } from '../../base/grafosError.ts';
import type { SchedulerClient } from '../../daemons/tenant/schedulerClient.ts';
import type { RunRecord } from '../../daemons/wire/tenantApi.ts';
import type { Program } from '../../program/loadProgram.ts';
import { ProgramReader } from '../../program/programReader.ts';
import { mapFileLeftOut } from '../profile/readSourceMap.ts';
import type { EndedRun } from './endedRun.ts';

/**
 * Gets the module that ran: the one built here where its bytes are the same, or else the cell's.
 * Only the first has its source map beside it.
 *
 * @throws {GrafosError} module_differs, and those of the tenant API
 */
export async function ranModule(
  program: Program,
  record: RunRecord,
  client: Pick<SchedulerClient, 'module'>,
  signal: AbortSignal,
): Promise<Pick<EndedRun, 'module' | 'sourceMap' | 'linesLeftOut'>> {
  const { module_sha256, tasklet: name, run_id } = record;
  const tasklet = program.manifest.tasklets.find((one) => one.name === name);
  if (tasklet !== undefined) {
    const reader = new ProgramReader(program.root);
    const read = await reader.readSoon(join(program.root, tasklet.output), 'module');
    if (read.state === 'ok' && createHash('sha256').update(read.bytes).digest('hex') === module_sha256) {
      const map = await reader.readSoon(join(program.root, `${tasklet.output}.map`), 'sourceMap');
      const sourceMap = map.state === 'ok' ? map.bytes.toString('utf8') : null;
      const leftOut = map.state === 'too-large' ? { linesLeftOut: mapFileLeftOut(map.size) } : {};
      return { module: read.bytes, sourceMap, ...leftOut };
    }
  }
  try {
    return { module: await client.module(module_sha256, { signal }), sourceMap: null };
  } catch (error) {
    if (!(error instanceof GrafosError) || !['not_found', 'module_unknown'].includes(error.code)) throw error;
    throw new GrafosError('module_differs', `The module that run ${run_id} ran is no longer at hand.`, {
      why: `It ran ${module_sha256.slice(0, 16)}…, which the cell does not keep any more, and what is built here is another.`,
      next: `Check out the source of version ${record.version} and build it: grafos tasklet build ${name}`,
    });
  }
}
