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
 * Names the file system of a folder that may change without an event.
 *
 * Network mounts and folders shared with a virtual machine are such.
 *
 * @returns undefined where events come, and where the file system is unknown
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
