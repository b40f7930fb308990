import { basename, dirname } from 'node:path';
import { makeFolders } from '../../base/files/makeFolders.ts';
import { StateFolder } from '../../base/files/stateFolder.ts';
import { userCacheFolder } from '../user/userFolders.ts';
import { giveStateNotice } from './stateNotices.ts';

/**
 * Makes the folder of large metered modules. It is outside of every program, so that no clone
 * brings a module that runs in place of an artifact. All cells of this user share it.
 *
 * @returns undefined when there can be none, which a notice says; a cell works without
 */
export function meteredFolder(): string | undefined {
  try {
    const cache = userCacheFolder();
    makeFolders(dirname(cache));
    return StateFolder.make(dirname(cache), basename(cache), 'metered').path;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    giveStateNotice(
      'note',
      `Large modules are not kept for the next start: ${why}\n` +
        '  next: Set XDG_CACHE_HOME to a folder of yours that can be written',
    );
    return undefined;
  }
}
