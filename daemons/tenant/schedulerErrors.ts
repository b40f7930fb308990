import { X509Certificate } from 'node:crypto';
import { GrafosError } from '../../base/grafosError.ts';
import { checkPeerChain } from '../peers/peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from '../peers/peerFiles.ts';
import { PeerRefusedError } from '../peers/peerRefused.ts';
import { peerRefusedByTls } from '../peers/peerTls.ts';
import type { Refusal } from '../wire/tenantApi.ts';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';
import { readAnswer } from './readAnswer.ts';

/**
 * A non-2xx answer as an error, with the scheduler's reason as its code; `cell_answer_invalid`
 * where it is no refusal.
 */
export function refusalOf(url: string, status: number, body: Buffer): GrafosError {
  // The answer to HEAD has no body.
  if (body.length === 0 && status === 404) {
    return new GrafosError('not_found', 'The scheduler has no such thing.', {
      next: 'Check the address, or list what is there: grafos api GET /api/v1/runs',
    });
  }
  if (body.length === 0 && status === 405) {
    return new GrafosError('method_not_allowed', 'This address does not take this method.', {
      next: 'See the methods of every address: grafos api GET /api/v1/openapi.json',
    });
  }
  const { reason, message, next } = readAnswer<Refusal>(url, 'Refusal', body).error;
  return new GrafosError(reason, message, next === undefined ? {} : { next });
}

/**
 * The error that a connection broke on, in our words.
 *
 * A server that refuses our certificate only hangs up: Node's TLS sends no alert, and in TLS 1.3
 * our side of the handshake is over by then. So a hang-up makes us check our own certificate as the
 * scheduler would.
 */
export function connectionError(error: Error, url: string, ours: PeerFiles): GrafosError {
  if (error instanceof GrafosError) return error;
  const refused = peerRefusedByTls(error, 'server');
  if (refused !== undefined) return refused;
  const code = 'code' in error ? String(error.code) : '';
  // Node's parser: bytes that are no HTTP, or headers past 16 KiB.
  if (code.startsWith('HPE_')) return cellAnswerInvalid(url, `its answer is no HTTP: ${error.message}`);
  if (code === 'ECONNRESET' || code === 'EPIPE' || code.startsWith('ERR_SSL_')) {
    const unfit = ownProblem(ours);
    if (unfit !== undefined) return unfit;
  }
  return new GrafosError('scheduler_unreachable', `The scheduler at ${url} cannot be reached.`, {
    why: error.message,
    next: 'Check that it runs: grafos dev status, or grafos provider status for a cell.',
    cause: error,
  });
}

function ownProblem({ caPem, certPem }: PeerFiles): GrafosError | undefined {
  try {
    checkPeerChain([new X509Certificate(certPem).raw], {
      caDer: caDerFromPem(caPem),
      usage: 'client',
      roles: ['tenant', 'admin'],
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof PeerRefusedError)) return undefined;
    return new GrafosError(error.reason, 'The scheduler does not accept our certificate.', {
      why: error.detail,
      next: 'For the local stack run grafos dev up again; for a cell, check the certificate and the CA you gave.',
      cause: error,
    });
  }
}
