import { X509Certificate } from 'node:crypto';
import { cellAnswerInvalid } from './cellAnswerInvalid.ts';
import { type ErrorKind, GrafosError } from './grafosError.ts';
import { checkPeerChain } from './peerCertificate.ts';
import { caDerFromPem, type PeerFiles } from './peerFiles.ts';
import { PeerRefused } from './peerRefused.ts';
import { peerRefusedByTls } from './peerTls.ts';
import { readAnswer } from './readAnswer.ts';
import type { Refusal, RefusalReason } from './tenantApi.ts';

/** Kinds of refusals that another identity or quota would meet too. All others are `refused`. */
const KINDS: Partial<Record<RefusalReason, ErrorKind>> = {
  // Another try may succeed.
  runtime_not_ready: 'unreachable',
  shutting_down: 'unreachable',
  scheduler_standby: 'unreachable',
  storage_unavailable: 'unreachable',
  // The request is wrong.
  not_found: 'usage',
  bad_request: 'usage',
  body_too_large: 'usage',
  tenant_exists: 'usage',
  lease_ended: 'usage',
  internal_error: 'bad-answer',
};

/**
 * A non-2xx answer as an error, with the scheduler's reason as its code; `cell_answer_invalid`
 * where it is no refusal.
 */
export function refusalOf(url: string, status: number, body: Buffer): GrafosError {
  // The answer to HEAD has no body.
  if (body.length === 0 && status === 404)
    return new GrafosError('usage', 'not_found', 'The scheduler has no such thing.');
  const { reason, message, next } = readAnswer<Refusal>(url, 'Refusal', body).error;
  return new GrafosError(KINDS[reason] ?? 'refused', reason, message, next === undefined ? {} : { next });
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
  return new GrafosError('unreachable', 'scheduler_unreachable', `The scheduler at ${url} cannot be reached.`, {
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
    if (!(error instanceof PeerRefused)) return undefined;
    return new GrafosError('refused', error.reason, 'The scheduler does not accept our certificate.', {
      why: error.detail,
      next: 'For the local stack run grafos dev up again; for a cell, check the certificate and the CA you gave.',
      cause: error,
    });
  }
}
