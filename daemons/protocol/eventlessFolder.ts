import { statfsSync } from 'node:fs';

/** File systems that others change unseen by this kernel, by their number in statfs(2). */
const REMOTE = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
  [0x786f4256, 'VirtualBox'],
  [0xbacbacbc, 'VMware'],
  [0x7c7c6673, 'Parallels'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x0bd00bd0, 'Lustre'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
]);

/**
 * Says on which kind of file system a folder lies whose changes may come without an event, such as a
 * network mount or a folder shared with a virtual machine.
 *
 * @returns undefined where events come, and where nothing can be said
 */
export function eventlessFolder(folder: string): string | undefined {
  if (process.platform === 'win32') return /^[\\/]{2}(?![?.])/.test(folder) ? 'a network share' : undefined;
  if (process.platform !== 'linux') return undefined;
  try {
    return REMOTE.get(statfsSync(folder).type);
  } catch {
    return undefined;
  }
}
