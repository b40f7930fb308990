import { isHostPort } from '../peers/requestHost.ts';
import { STACK_NAME_CHARACTERS, STACK_NAMES_MAX } from '../wire/devState.ts';

/** The names by which a helper is called, and the origins whose pages may use it. */
export class CallerRules {
  /** Exact values of `Host`. A name that DNS rebinding made point here is none of them. */
  readonly hosts: ReadonlySet<string>;
  /** Exact values of `Origin`. */
  readonly origins: ReadonlySet<string>;
  readonly #own: ReadonlySet<string>;
  readonly #hosts: Set<string>;
  readonly #origins: Set<string>;

  /**
   * @param own names of the helper itself; a refusal advises the first
   * @param origins of hosted dashboards
   */
  constructor(own: readonly string[], origins: readonly string[] = []) {
    this.#own = new Set(own);
    this.#hosts = new Set(own);
    this.#origins = new Set([...own.map((host) => `http://${host}`), ...origins]);
    this.hosts = this.#hosts;
    this.origins = this.#origins;
  }

  /** True for the helper's own loopback names, not for names that were allowed. */
  isOwn(host: string): boolean {
    return this.#own.has(host);
  }

  /**
   * Allows one more name, such as that of a forwarded port, and pages of its origin.
   *
   * @param host name with a port or without, as a browser sends it
   * @returns what is wrong with it, or undefined
   */
  allow(host: string): string | undefined {
    if (!isAllowable(host))
      return `${JSON.stringify(host.slice(0, 300))} is no host name such as name.example.dev:8080`;
    if (this.#hosts.has(host)) return undefined;
    if (this.#hosts.size - this.#own.size >= STACK_NAMES_MAX) return `${STACK_NAMES_MAX} names are allowed already`;
    this.#hosts.add(host);
    for (const scheme of ['http', 'https']) this.#origins.add(`${scheme}://${host}`);
    return undefined;
  }
}

/** True for one exact host in lower case, as browsers send it: no wildcard, scheme or path. */
export function isAllowable(host: string): boolean {
  return host.length <= STACK_NAME_CHARACTERS && host === host.toLowerCase() && isHostPort(host);
}
