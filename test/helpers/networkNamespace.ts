import { execFileSync } from 'node:child_process';

let made = 0;

/**
 * The reason why this machine does not let a test make network namespaces; undefined when it does.
 */
export function networkNamespacesMissing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only';
  if (process.getuid?.() !== 0) return 'making a network namespace needs root: run the tests with sudo';
  try {
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the ip command is missing: apt-get install iproute2';
  }
}

export interface NetworkNamespace extends Disposable {
  name: string;
  /** The other host's address, which this one reaches over a virtual cable. */
  address: string;
}

/**
 * Another host with a non-loopback address of its own, on this machine; gone with all its links
 * when the block ends.
 */
export function networkNamespace(): NetworkNamespace {
  made += 1;
  const id = `${process.pid % 100_000}x${made}`;
  const name = `grafos-${id}`;
  const [here, there] = [`gh${id}`, `gt${id}`];
  // RFC 1918, a /30 for each, derived from the pid so that two test runs at once do not collide.
  const base = `10.${200 + (process.pid % 50)}.${Math.floor(process.pid / 50) % 256}`;
  const last = (made * 4) % 252;
  const address = `${base}.${last + 2}`;
  const ip = (...args: string[]) => execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const remove = () => {
    try {
      ip('netns', 'del', name);
    } catch {
      // Never made.
    }
  };
  try {
    ip('netns', 'add', name);
    ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', name);
    ip('addr', 'add', `${base}.${last + 1}/30`, 'dev', here);
    ip('link', 'set', here, 'up');
    ip('-n', name, 'addr', 'add', `${address}/30`, 'dev', there);
    ip('-n', name, 'link', 'set', there, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
  } catch (error) {
    remove();
    throw error;
  }
  return { name, address, [Symbol.dispose]: remove };
}
