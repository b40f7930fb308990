import { basename, dirname } from 'node:path';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { deadDaemons, readDevState } from './devState.ts';
import { stackPaths } from './stackPaths.ts';

const BEARER_BYTES_MAX = 1024;

/**
 * The address and bearer that the dashboard's Developer tab needs once.
 *
 * @throws {GrafosError} runtime_not_ready when the stack does not run
 */
export async function readBearer(programRoot: string): Promise<{ url: string; bearer: string }> {
  const paths = stackPaths(programRoot);
  const state = await readDevState(paths);
  const bearer = StateFolder.findAt(dirname(paths.bearer))?.readText(basename(paths.bearer), BEARER_BYTES_MAX);
  if (state === undefined || bearer === undefined || (await deadDaemons(state)).includes('helper')) {
    throw new GrafosError('runtime_not_ready', 'The helper does not run, so there is no dashboard to open.', {
      next: 'Start it: grafos dev up',
    });
  }
  return { url: state.helper.url, bearer: bearer.trim() };
}
