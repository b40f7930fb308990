import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { networkNamespace, networkNamespacesMissing } from './networkNamespace.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const SUITE = 'bookworm';
/** A bare root is made once, and copied for each machine. It is no place that others write to. */
const STORE = '/var/cache/grafos-bare-debian';

/** The reason why this machine cannot have a bare Debian beside it; undefined when it can. */
export function bareDebianMissing(): string | undefined {
  const missing = networkNamespacesMissing();
  if (missing !== undefined) return missing;
  for (const [command, of] of [
    ['debootstrap', 'debootstrap'],
    ['unshare', 'util-linux'],
    ['nsenter', 'util-linux'],
  ]) {
    try {
      execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    } catch {
      return `the ${command} command is missing: apt-get install ${of}`;
    }
  }
  return undefined;
}

export interface BareDebian extends AsyncDisposable {
  /** Absolute path of its root folder, as this machine sees it. */
  root: string;
  /** Its address, which this machine reaches. */
  address: string;
  /**
   * Runs a script there as root.
   *
   * @throws when it fails
   */
  run(script: string, env?: Record<string, string>): Promise<string>;
}

/**
 * Boots a bare Debian: a minimal root folder without Node, whose own systemd is process 1 of
 * namespaces of its own, with a network of its own. It is gone with all its processes when the
 * block ends.
 */
export async function bareDebian(): Promise<BareDebian> {
  await using cleanup = new AsyncDisposableStack();
  const base = bareRoot();
  const folder = cleanup.use(await temporaryFolder('grafos-debian-'));
  const root = join(folder.path, 'root');
  execFileSync('cp', ['-a', base, root]);
  const network = cleanup.use(networkNamespace());
  const script = join(folder.path, 'boot.sh');
  const group = controlGroup(network.name);
  writeFileSync(script, bootScript(root, group));
  const isolation = ['--pid', '--mount', '--uts', '--ipc', '--fork', '--kill-child'];
  // `ip netns exec` would hide the control groups behind a /sys of its own.
  const inNetwork = `--net=/run/netns/${network.name}`;
  const machine: ChildProcess = spawn('nsenter', [inNetwork, 'unshare', ...isolation, 'sh', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let console = '';
  for (const stream of [machine.stdout, machine.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      console = (console + text).slice(-8_192);
    });
  const ended = once(machine, 'exit');
  cleanup.defer(async () => {
    machine.kill('SIGKILL');
    await ended;
    // The groups of a machine are empty once its processes are gone.
    execFileSync('sh', ['-c', `find '${group}' -depth -type d -exec rmdir {} + || true`], { stdio: 'ignore' });
  });
  const inside = async (script: string, env: Record<string, string> = {}): Promise<string> => {
    const first = readFileSync(`/proc/${machine.pid}/task/${machine.pid}/children`, 'utf8').trim();
    const given = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    return await ran('nsenter', [
      '-t',
      first,
      '--all',
      '--root',
      '--wd',
      'env',
      '-i',
      path,
      'HOME=/root',
      ...given,
      'sh',
      '-euc',
      `cd /root\n${script}`,
    ]);
  };
  await booted(
    inside,
    () => machine.exitCode === null,
    () => console,
  );
  const owned = cleanup.move();
  return { root, address: network.address, run: inside, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** The root folder that all machines are copies of. */
function bareRoot(): string {
  const path = join(STORE, SUITE);
  if (existsSync(path)) return path;
  mkdirSync(STORE, { recursive: true });
  const fresh = `${path}.${process.pid}`;
  try {
    const packages = '--include=systemd,systemd-sysv,dbus';
    execFileSync('debootstrap', ['--variant=minbase', packages, SUITE, fresh], { stdio: ['ignore', 'ignore', 'pipe'] });
    renameSync(fresh, path);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return path;
}

/** The folder of a new control group, in the hierarchy that systemd keeps its services in. */
function controlGroup(name: string): string {
  const [unified, named] = ['/sys/fs/cgroup', '/sys/fs/cgroup/systemd'];
  return join(existsSync(join(unified, 'cgroup.procs')) ? unified : named, name);
}

/**
 * Mounts what systemd needs and becomes it, in a control group and a root folder of its own. The
 * mounts go with their namespace.
 */
function bootScript(root: string, group: string): string {
  return `set -e
if [ "$1" != in-group ]; then
  mkdir ${group}
  echo $$ > ${group}/cgroup.procs
  exec unshare --cgroup sh "$0" in-group
fi
mount --make-rprivate /
mount --bind ${root} ${root}
cd ${root}
mount -t proc proc proc
mount -t tmpfs tmpfs run
mount -t sysfs -o ro sysfs sys
if [ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
fi
mkdir -p .old
pivot_root . .old
umount -l .old
exec env container=other /lib/systemd/systemd
`;
}

async function booted(run: BareDebian['run'], lives: () => boolean, console: () => string): Promise<void> {
  const deadline = Date.now() + 60_000;
  let last: unknown;
  while (lives() && Date.now() < deadline) {
    try {
      await run('systemctl is-system-running --wait || test "$(systemctl is-system-running)" = degraded');
      return;
    } catch (error) {
      // Before systemd listens there is nobody to wait for.
      last = error;
      await delay(200);
    }
  }
  throw new Error(`the bare Debian did not boot: ${last}\n${console()}`);
}

/**
 * Runs a command to its end.
 *
 * @returns all that it printed
 */
async function ran(command: string, args: string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`${args.at(-1)}\nended with ${signal ?? code}:\n${printed}`);
  return printed;
}
