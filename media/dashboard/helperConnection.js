/**
 * Talks to the helper: requests with the bearer, and server-sent events read from fetch, because
 * EventSource cannot send a bearer.
 */

/** @import { HelperEvent, HelperRefusalBody } from '../../daemons/wire/helperApi.ts' */
/** @typedef {{ url: string, bearer: string }} Helper */
/**
 * @typedef RequestOptions
 * @property {string} [method]
 * @property {unknown} [body]
 * @property {AbortSignal | undefined} [signal]
 */
/** @typedef {ReturnType<typeof connectHelper>} HelperConnection */

const STORE_KEY = 'grafos.helper';

/** The helper answered with a refusal. */
export class HelperRefused extends Error {
  /**
   * @param {number} status
   * @param {HelperRefusalBody['error']} error
   */
  constructor(status, { reason, message, next }) {
    super(message);
    this.status = status;
    this.reason = reason;
    this.next = next ?? '';
  }
}

/** Nothing answered, or the connection broke. */
export class HelperUnreachable extends Error {}

/**
 * The pasted text, kept for the next time. A browser may refuse storage; then the page asks again.
 */
export const savedHelper = {
  /** @returns {Helper | undefined} */
  load() {
    try {
      const { url, bearer } = JSON.parse(localStorage.getItem(STORE_KEY) ?? '{}');
      return typeof url === 'string' && typeof bearer === 'string' ? { url, bearer } : undefined;
    } catch {
      return undefined;
    }
  },
  /** @param {Helper} helper */
  save(helper) {
    try {
      localStorage.setItem(STORE_KEY, JSON.stringify(helper));
    } catch {}
  },
  forget() {
    try {
      localStorage.removeItem(STORE_KEY);
    } catch {}
  },
};

/**
 * Finds a URL and a bearer in pasted text: `URL#bearer`, or both in any order with other words
 * around them.
 *
 * @param {string} text
 */
export function findHelper(text) {
  const address = /https?:\/\/[^\s#"'<>]+/.exec(text)?.[0];
  const rest = address === undefined ? text : text.replace(address, ' ');
  const bearer = /(?:^|[^A-Za-z0-9_-])([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])/.exec(rest)?.[1];
  return { url: address === undefined ? undefined : originOf(address), bearer };
}

/**
 * The origin of a URL as it was typed, or undefined when it is none.
 *
 * @param {string} text
 */
export function originOf(text) {
  const whole = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const { origin, hostname } = new URL(whole);
  return hostname === '' ? undefined : origin;
}

/** @param {Helper} helper */
export function connectHelper({ url, bearer }) {
  /**
   * @param {string} path
   * @param {RequestOptions} options
   */
  const request = async (path, { method = 'GET', body, signal } = {}) => {
    /** @type {Response} */
    let response;
    try {
      response = await fetch(url + path, {
        method,
        signal: signal ?? null,
        cache: 'no-store',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        headers: {
          Authorization: `Bearer ${bearer}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new HelperUnreachable(`Nothing answers at ${url}.`);
    }
    if (response.ok) return response;
    const refusal = await response.json().then(
      (answer) => answer.error,
      () => ({ reason: 'internal_error', message: `The helper answered with status ${response.status}.` }),
    );
    throw new HelperRefused(response.status, refusal);
  };

  return {
    url,
    bearer,
    /**
     * @param {string} path
     * @param {RequestOptions} [options]
     */
    json: async (path, options) => (await request(path, options)).json(),
    /**
     * @param {string} path
     * @param {RequestOptions} [options]
     */
    bytes: async (path, options) => new Uint8Array(await (await request(path, options)).arrayBuffer()),

    /**
     * Yields {event, data}. Ends when the helper ends the stream.
     *
     * @template {{ event: string, data: unknown }} [Event=HelperEvent]
     * @param {string} path
     * @param {{ signal: AbortSignal }} options
     * @returns {AsyncGenerator<Event, void>}
     */
    async *events(path, { signal }) {
      const response = await request(path, { signal });
      if (response.body === null) throw new HelperUnreachable(`The answer of ${url} has no body.`);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return;
          text += value;
          const blocks = text.split('\n\n');
          text = blocks.pop() ?? '';
          for (const block of blocks) {
            const event = /^event: (.*)$/m.exec(block)?.[1];
            const data = /^data: (.*)$/m.exec(block)?.[1];
            if (event !== undefined && data !== undefined)
              yield/** @type {Event} */ ({ event, data: JSON.parse(data) });
          }
        }
      } catch (error) {
        if (signal.aborted) throw error;
        throw new HelperUnreachable(`The connection to ${url} broke.`);
      } finally {
        // A consumer that stopped early lets go of the connection too.
        await reader.cancel().catch(() => {});
      }
    },
  };
}
