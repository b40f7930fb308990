import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Machine, MachineStart } from './machine.ts';

/**
 * Boots a Debian with its own systemd in namespaces of its own.
 *
 * The kernel is this host's. A machine ends with the test, also when the test is killed.
 *
 * @param lower folder of the Debian, which nobody writes to
 * @param prepare lays out what the first boot finds, in the folder that is above the Debian
 */
export function debianMachine(
  { namespace, onGuestAttribute }: Omit<MachineStart, 'userData'>,
  lower: string,
  prepare: (upper: string) => void,
): Machine {
  const folder = mkdtempSync('/var/tmp/grafos-vm-');
  for (const name of ['upper', 'work', 'merged']) mkdirSync(join(folder, name));
  const upper = join(folder, 'upper');
  mkdirSync(join(upper, 'etc/systemd/system/multi-user.target.wants'), { recursive: true });
  prepare(upper);
  // The console is a file here, at which nobody can log in.
  symlinkSync('/dev/null', join(upper, 'etc/systemd/system/console-getty.service'));
  writeFileSync(join(upper, 'etc/machine-id'), `${'0'.repeat(24)}${Date.now().toString(16).slice(-8)}\n`);
  const console = join(folder, 'console');
  writeFileSync(console, '');
  writeFileSync(join(folder, 'boot'), bootScript(folder, lower));
  const metadata = onGuestAttribute === undefined ? undefined : metadataServer(namespace, onGuestAttribute);
  let child = boot(namespace, folder);
  const init = () => initOf(child);
  return {
    root: upper,
    console: () => readFileSync(console, 'latin1'),
    run: (...words) =>
      execFileSync('nsenter', ['--target', String(init()), '--mount', '--pid', '--net', '--root', '--wd', ...words], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    async reboot() {
      await ended(child);
      child = boot(namespace, folder);
    },
    [Symbol.dispose]() {
      metadata?.kill('SIGKILL');
      child.kill('SIGKILL');
      child.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }));
    },
  };
}

function boot(namespace: string, folder: string): ChildProcess {
  const spaces = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'];
  return spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'ip', 'netns', 'exec', namespace, 'unshare', ...spaces, 'bash', join(folder, 'boot')],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

function metadataServer(namespace: string, onGuestAttribute: (path: string, value: string) => void): ChildProcess {
  const inside = ['netns', 'exec', namespace];
  execFileSync('ip', [...inside, 'ip', 'addr', 'add', '169.254.169.254/32', 'dev', 'lo']);
  const server = join(import.meta.dirname, 'metadataServer.ts');
  const child = spawn('ip', [...inside, process.execPath, server], { stdio: ['pipe', 'pipe', 'inherit'] });
  createInterface(child.stdout).on('line', (line) => {
    const { path, value } = JSON.parse(line) as { path: string; value: string };
    onGuestAttribute(path, value);
  });
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** The process that is number 1 in the machine. */
function initOf(child: ChildProcess): number {
  const pid = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')[0];
  if (pid === undefined || pid === '') throw new Error('the machine does not run');
  return Number(pid);
}

/** Mounts a root of the machine's own above the Debian, and becomes its systemd. */
function bootScript(folder: string, lower: string): string {
  return `set -e
mount --make-rprivate /
mount -t overlay overlay -o lowerdir=${lower},upperdir=${folder}/upper,workdir=${folder}/work ${folder}/merged
cd ${folder}/merged
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 none sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do touch dev/$device; mount --bind /dev/$device dev/$device; done
touch dev/console
mount --bind ${folder}/console dev/console
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666 devpts dev/pts
ln -s pts/ptmx dev/ptmx
mount -t tmpfs tmpfs run
mount -t tmpfs tmpfs tmp
mkdir -p old
# A process in a mere chroot may not make user namespaces, which the unit of the cell does.
pivot_root . old
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
umount -l /old
exec env -i container=grafos-test PATH=$PATH /sbin/init
`;
}
