import { isIPv4 } from 'node:net';
import { GrafosError } from '../../base/grafosError.ts';

/** A service of AWS that answers with the caller's own IPv4 address, as text. */
export const CALLER_ADDRESS_URL = 'https://checkip.amazonaws.com/';

const ANSWER_MS = 10_000;

/**
 * The IPv4 network in CIDR notation that is to reach the cell.
 *
 * @param text an address or a network; the caller's own address unless given
 * @throws {GrafosError} wrong_usage, own_address_unknown
 */
export async function networkFrom(text: string | undefined, signal: AbortSignal): Promise<string> {
  if (text === undefined) return `${await callerAddress(signal)}/32`;
  const [address = '', bits = '32', ...more] = text.split('/');
  const size = /^\d{1,2}$/.test(bits) ? Number(bits) : Number.NaN;
  if (more.length > 0 || !isIPv4(address) || !(size <= 32)) throw wrong(text, 'It is not an IPv4 address or network.');
  const number = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  // The clouds refuse a network whose address has bits behind its prefix.
  if (number % 2 ** (32 - size) !== 0) throw wrong(text, `The address has bits set behind its first ${size}.`);
  return `${address}/${size}`;
}

function wrong(text: string, why: string): GrafosError {
  return new GrafosError('wrong_usage', `--from cannot be "${text}".`, {
    why,
    next: 'Give one such as 203.0.113.7 or 203.0.113.0/24.',
  });
}

async function callerAddress(signal: AbortSignal): Promise<string> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const answer = await fetch(CALLER_ADDRESS_URL, { signal: bounded, redirect: 'error' });
    const text = (await answer.text()).trim();
    if (answer.ok && isIPv4(text)) return text;
    throw new Error(`the answer is ${answer.status}, and no IPv4 address`);
  } catch (cause) {
    signal.throwIfAborted();
    throw new GrafosError('own_address_unknown', 'Your own address on the internet is not known.', {
      why: `${CALLER_ADDRESS_URL} was asked: ${cause instanceof Error ? cause.message : String(cause)}.`,
      next: 'Say who may reach the cell: --from ADDRESS or --from NETWORK/BITS',
      cause,
    });
  }
}
