import { open } from 'node:fs/promises';
import { signCellRequest } from '../../cell/signCellRequest.ts';
import type { Authority } from '../../trust/authority.ts';
import { DoorConnection, type DoorPeer } from './doorConnection.ts';

/** Bytes that are read and sent at once. */
const PIECE = 256 * 1024;

export interface Bundle {
  file: string;
  bytes: number;
  /** Lower-case hex. */
  sha256: string;
}

export interface Enrolment {
  peer: DoorPeer;
  authority: Authority;
  cellId: string;
  bundle: Bundle;
  /** Life of the certificates of the cell, days. */
  days: number;
  report: (sent: number, of: number) => void;
}

/**
 * Makes a cell of a new machine: brings it the bundle, from where an earlier try broke off, signs
 * the certificates that it asks for, and lets it close its door.
 *
 * @returns false where no door listens
 * @throws {GrafosError} machine_key_differs, enrolment_failed, signing_request_unfit,
 *   signing_request_differs, interrupted
 */
export async function enrolCell(enrolment: Enrolment, signal: AbortSignal): Promise<boolean> {
  const { peer, authority, cellId, bundle, days } = enrolment;
  using door = await DoorConnection.dial(peer, signal);
  if (door === undefined) return false;
  const greeting = await door.answer();
  if (greeting.bundle !== bundle.sha256) await sendBundle(door, enrolment);
  const { request } = await door.ask({ ask: 'request', host: peer.address });
  const { answer } = signCellRequest({
    request: String(request),
    authority,
    cellId,
    hosts: [peer.address],
    days,
  });
  await door.ask({ ask: 'answer', answer });
  return true;
}

async function sendBundle(door: DoorConnection, { bundle, report }: Enrolment): Promise<void> {
  const { have } = await door.ask({ ask: 'bundle', bytes: bundle.bytes, sha256: bundle.sha256 });
  let at = Number.isSafeInteger(have) ? Number(have) : 0;
  await using file = await open(bundle.file, 'r');
  const piece = Buffer.alloc(PIECE);
  while (at < bundle.bytes) {
    const { bytesRead } = await file.read(piece, 0, Math.min(PIECE, bundle.bytes - at), at);
    if (bytesRead === 0) throw new Error(`${bundle.file} ended early`);
    // The connection may keep the bytes until it sent them.
    await door.send(Buffer.from(piece.subarray(0, bytesRead)));
    at += bytesRead;
    report(at, bundle.bytes);
  }
  await door.answer();
}
