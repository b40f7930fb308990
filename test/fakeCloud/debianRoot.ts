import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { networkNamespacesMissing } from '../helpers/networkNamespace.ts';

/** The roots of Debian 13, each made once for all tests of this machine. */
const ROOTS = {
  bare: `/var/tmp/grafos-debian-13-${process.arch}`,
  'cloud-init': `/var/tmp/grafos-debian-13-cloud-${process.arch}`,
};

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
export function debianRoot(kind: keyof typeof ROOTS = 'bare'): string {
  const root = ROOTS[kind];
  const packages = kind === 'bare' ? PACKAGES : `${PACKAGES},cloud-init,iproute2,netplan.io`;
  if (existsSync(root)) return root;
  const fresh = `${root}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    execFileSync('debootstrap', ['--variant=minbase', `--include=${packages}`, 'trixie', fresh], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    // debootstrap leaves it mounted where it may not unmount lazily.
    execFileSync('sh', ['-c', `umount ${fresh}/proc 2>/dev/null || true`]);
    renameSync(fresh, root);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw error;
  }
  return root;
}
