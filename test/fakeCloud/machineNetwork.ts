import { execFileSync } from 'node:child_process';

/** The address that callers of the fake clouds' machines have, of TEST-NET-1 (RFC 5737). */
export const CALLER_ADDRESS = '192.0.2.77';
/** The address of somebody else with a way to the machines, where a test asks for one. */
export const STRANGER_ADDRESS = '192.0.2.78';

let made = 0;

/**
 * The public side of a machine: a network namespace with one address, and a firewall before it.
 * Nothing but this host has a way to it.
 */
export class MachineNetwork implements Disposable {
  readonly namespace: string;
  readonly address: string;
  readonly #cable: string;

  constructor() {
    made += 1;
    const id = `${process.pid % 100_000}y${made}`;
    this.namespace = `grafos-vm-${id}`;
    this.#cable = `gv${id}`;
    // TEST-NET-3 and TEST-NET-2: never routed anywhere.
    const number = (process.pid * 7 + made) % 500;
    this.address = number < 250 ? `203.0.113.${number + 2}` : `198.51.100.${number - 248}`;
    try {
      ip('netns', 'add', this.namespace);
      ip('link', 'add', this.#cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', this.namespace);
      ip('addr', 'add', `${CALLER_ADDRESS}/32`, 'dev', this.#cable);
      ip('link', 'set', this.#cable, 'up');
      ip('route', 'add', `${this.address}/32`, 'dev', this.#cable, 'src', CALLER_ADDRESS);
      const inside = ['-n', this.namespace];
      ip(...inside, 'addr', 'add', `${this.address}/32`, 'dev', 'eth0');
      ip(...inside, 'link', 'set', 'eth0', 'up');
      ip(...inside, 'link', 'set', 'lo', 'up');
      ip(...inside, 'route', 'add', `${CALLER_ADDRESS}/32`, 'dev', 'eth0', 'src', this.address);
      this.allow([]);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Lets in exactly these; everything else from outside is dropped. */
  allow(rules: ReadonlyArray<{ from: string; port: number }>): void {
    const lines = [
      'flush ruleset',
      'table inet cloud {',
      'chain input {',
      'type filter hook input priority 0; policy drop;',
      'iifname "lo" accept',
      'ct state established,related accept',
      ...rules.map(({ from, port }) => `ip saddr ${from} tcp dport ${port} accept`),
      '}',
      '}',
    ];
    execFileSync('ip', ['netns', 'exec', this.namespace, 'nft', '-f', '-'], { input: `${lines.join('\n')}\n` });
  }

  /** Gives the stranger a way to the machine and back: only the firewall is between them. */
  addStranger(): void {
    ip('addr', 'add', `${STRANGER_ADDRESS}/32`, 'dev', this.#cable);
    ip('-n', this.namespace, 'route', 'add', `${STRANGER_ADDRESS}/32`, 'dev', 'eth0', 'src', this.address);
  }

  [Symbol.dispose](): void {
    for (const words of [
      ['link', 'del', this.#cable],
      ['netns', 'del', this.namespace],
    ]) {
      try {
        ip(...words);
      } catch {
        // It is gone already.
      }
    }
  }
}

function ip(...words: string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });
}
