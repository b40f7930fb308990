import { execFileSync } from 'node:child_process';

let made = 0;

/**
 * A network namespace with loopback alone, where a filter can swallow UDP as those of companies and
 * VPN clients do.
 */
export interface UdpFilter extends Disposable {
  /** The command that runs another inside. */
  under: string[];
  /** Swallows UDP from now on: all of it, or what goes to one port. */
  swallow(port?: number): void;
}

/**
 * Makes a namespace that swallows nothing yet. It is gone when the block ends; the processes in it
 * are the caller's to end.
 */
export function udpFilter(): UdpFilter {
  made += 1;
  const name = `grafos-udp-${process.pid}-${made}`;
  const under = ['ip', 'netns', 'exec', name];
  const run = (...command: string[]) =>
    execFileSync(command[0] ?? '', command.slice(1), { stdio: ['ignore', 'ignore', 'pipe'] });
  const rule = (...args: string[]) => run(...under, 'ip', 'rule', ...args);
  run('ip', 'netns', 'add', name);
  const remove = () => run('ip', 'netns', 'del', name);
  try {
    run(...under, 'ip', 'link', 'set', 'lo', 'up');
    // The table of local addresses is asked first unless it makes room for another rule.
    rule('add', 'pref', '100', 'lookup', 'local');
    rule('del', 'pref', '0');
  } catch (error) {
    remove();
    throw error;
  }
  return {
    under,
    swallow: (port) =>
      rule('add', 'pref', '10', 'ipproto', 'udp', ...(port === undefined ? [] : ['dport', `${port}`]), 'blackhole'),
    [Symbol.dispose]: remove,
  };
}
