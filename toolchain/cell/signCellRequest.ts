import { GrafosError } from '../../base/grafosError.ts';
import { wordList } from '../../base/text/wordList.ts';
import { ipOctets } from '../../daemons/peers/peerAddress.ts';
import type { Authority } from '../trust/authority.ts';
import { readSigningRequests, type SigningRequest } from '../trust/signingRequest.ts';
import { CELL_ROLES } from './cellTrust.ts';

export interface SignCellOptions {
  /** PEM text of `request.pem`. */
  request: string;
  authority: Authority;
  /** The id and the hosts that the signer gives the cell; the request must ask for the same. */
  cellId: string;
  hosts: readonly string[];
  days: number;
}

export interface SignedCell {
  answer: string;
  notAfter: Date;
  /** The certificate that the scheduler shows once the cell took the answer. */
  schedulerDer: Uint8Array;
}

/**
 * Answers the request of a cell with its certificates.
 *
 * Only the keys of the request are believed, which it proves to have. Roles, id and hosts are the
 * signer's, so that a machine cannot become another cell, or an admin.
 *
 * @returns the answer in PEM: the certificates of the CA, the cell and the scheduler
 * @throws {GrafosError} signing_request_unfit, signing_request_differs, certificate_request_invalid
 */
export function signCellRequest(options: SignCellOptions): SignedCell {
  const { request, authority, cellId, hosts, days } = options;
  const requests = readSigningRequests(request);
  const roles = requests.map(({ role }) => role).sort();
  if (roles.join() !== [...CELL_ROLES].sort().join())
    throw differs(`It asks for certificates of the roles ${roles.join(', ')}; a cell has ${wordList(CELL_ROLES)}.`);
  const signed = CELL_ROLES.map((role) => {
    const wanted = requests.find((one) => one.role === role) as SigningRequest;
    if (wanted.name !== cellId) throw differs(`It is of the cell ${wanted.name}, not of ${cellId}.`);
    if (spelled(wanted.hosts) !== spelled(hosts))
      throw differs(`It names the hosts ${wanted.hosts.join(', ')}; given were ${hosts.join(', ')}.`);
    return authority.issueFor({ role, name: cellId, hosts, days }, wanted.publicKey);
  });
  const scheduler = signed[CELL_ROLES.indexOf('scheduler')];
  if (scheduler === undefined) throw new Error('a cell has a scheduler');
  const { certDer: schedulerDer, notAfter } = scheduler;
  return { answer: [authority.certPem, ...signed.map(({ certPem }) => certPem)].join(''), notAfter, schedulerDer };
}

/** Hosts as a text that does not depend on their order and on how an address is written. */
function spelled(hosts: readonly string[]): string {
  return hosts
    .map((host) => {
      const octets = ipOctets(host);
      return octets === undefined ? host : Buffer.from(octets).toString('hex');
    })
    .sort()
    .join();
}

function differs(why: string): GrafosError {
  return new GrafosError('signing_request_differs', 'The request asks for something else than was given.', {
    why,
    next: 'Give the cell id and the hosts that `grafos cell init` was given, or make the request anew there.',
  });
}
