import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { networkNamespacesMissing } from '../helpers/networkNamespace.ts';

/** The root of a bare Debian 13, made once for all tests of this machine. */
const ROOT = `/var/tmp/grafos-debian-13-${process.arch}`;

/** Packages beyond the smallest Debian that its cloud images have, too. */
const PACKAGES = 'systemd,systemd-sysv,dbus,python3,openssl,ca-certificates';

/** The reason why this machine cannot boot a Debian of a test; undefined when it can. */
export function debianMachinesMissing(): string | undefined {
  const missing = networkNamespacesMissing();
  if (missing !== undefined) return missing;
  for (const [program, from] of [
    ['debootstrap', 'debootstrap'],
    ['nft', 'nftables'],
    ['unshare', 'util-linux'],
  ]) {
    try {
      execFileSync('which', [program as string], { stdio: 'ignore' });
    } catch {
      return `the command ${program} is missing: apt-get install ${from}`;
    }
  }
  return undefined;
}

/** The folder of a Debian 13, made where it is not there yet. Nobody writes to it. */
export function debianRoot(): string {
  if (existsSync(ROOT)) return ROOT;
  const fresh = `${ROOT}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    execFileSync('debootstrap', ['--variant=minbase', `--include=${PACKAGES}`, 'trixie', fresh], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // debootstrap leaves it mounted where it may not unmount lazily.
    execFileSync('sh', ['-c', `umount ${fresh}/proc 2>/dev/null || true`]);
    renameSync(fresh, ROOT);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  return ROOT;
}
