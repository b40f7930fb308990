import type { ProgramFileKind } from './programLimits.ts';
import { type FileRead, type Look, ProgramReader } from './programReader.ts';

/**
 * A reader for a command, which has nothing else to do until a file is read. It holds up the thread
 * for the disk, and is done sooner: no thread of Node's pool is started and waited for.
 */
export class HoldingReader extends ProgramReader {
  override lookSoon(path: string): Promise<Look> {
    return Promise.resolve(this.look(path));
  }

  override readSoon(path: string, kind: ProgramFileKind): Promise<FileRead> {
    return Promise.resolve(this.read(path, kind));
  }
}
