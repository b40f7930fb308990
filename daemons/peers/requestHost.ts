import type { IncomingHttpHeaders } from 'node:http';
import { ipOctets } from './peerAddress.ts';

/** Part of a request's head that node:http and node:http2 give in the same form. */
export interface RequestHead {
  httpVersionMajor: number;
  headers: IncomingHttpHeaders;
  /** Names and values in turns, as they came. */
  rawHeaders: readonly string[];
}

/**
 * The host that a request is for: the one `Host` of HTTP/1.1, or `:authority` of HTTP/2, which a
 * `Host` beside it must equal (RFC 9112 section 3.2, RFC 9113 section 8.3.1). Two of them, or one
 * that cannot be read, would let two readers of a request see two hosts.
 *
 * @returns the value as it came, or a problem in words, with which a request is answered 400
 */
export function requestHost(request: RequestHead): { host: string } | { problem: string } {
  const { rawHeaders } = request;
  const hosts = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
  if (hosts.length > 1) return { problem: `The request has ${hosts.length} Host headers.` };
  const [given] = hosts;
  const authority = request.httpVersionMajor >= 2 ? request.headers[':authority'] : undefined;
  const host = typeof authority === 'string' ? authority : given;
  if (host === undefined) return { problem: 'The request has no Host header.' };
  if (given !== undefined && given !== host) return { problem: 'The Host header is not what :authority says.' };
  return isHostPort(host) ? { host } : { problem: 'The Host header is not a host with an optional port.' };
}

/**
 * A name or address of RFC 3986, section 3.2.2, with a port or without; no user, and never empty.
 */
export function isHostPort(text: string): boolean {
  const [, address, name, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._~-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (port !== undefined && Number(port) > 65_535) return false;
  if (address !== undefined) return address.includes(':') && ipOctets(address) !== undefined;
  return name !== undefined && name.length <= 255;
}
