import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import type { StateFolder } from '../../base/files/stateFolder.ts';
import { GrafosError } from '../../base/grafosError.ts';
import { readCa } from '../../daemons/peers/peerCa.ts';
import { checkPeerChain } from '../../daemons/peers/peerCertificate.ts';
import { DerInvalidError } from '../../daemons/peers/peerDer.ts';
import { PeerRefusedError } from '../../daemons/peers/peerRefused.ts';
import { privateKeyOf } from '../../daemons/peers/privateKeyOf.ts';
import type { Authority } from '../trust/authority.ts';
import { makeSigningRequest } from '../trust/signingRequest.ts';
import type { CellConfig } from './cellConfig.ts';
import { CELL_FILES } from './cellFolder.ts';

/** The daemons of a cell that have a key of their own, which is their role. */
export const CELL_ROLES = ['cell', 'scheduler'] as const;
export type CellRole = (typeof CELL_ROLES)[number];

/** Certificates of a cell, in PEM, from one CA. */
export interface CellCertificates {
  ca: string;
  cell: string;
  scheduler: string;
}

/** Keys that wait for their certificates. The folder takes the place of `trust` as a whole. */
const NEXT = `${CELL_FILES.trust}.next`;
const OLD = `${CELL_FILES.trust}.old`;
/** Written last: a folder that has it is complete. */
const CA = 'ca.pem';
const ANSWER_BYTES_MAX = 64 * 1024;
const CERTIFICATE_PEM = /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----$/gm;

/**
 * Finds the folder of the certificates that are in force, also in the middle of a swap.
 *
 * @returns undefined while the cell has no certificates yet
 */
export function cellTrust(folder: StateFolder): StateFolder | undefined {
  const trust = folder.find(CELL_FILES.trust);
  if (trust !== undefined) return trust;
  const next = folder.find(NEXT);
  return next?.names().includes(CA) ? next : undefined;
}

/** Ends a swap that was cut off. The caller holds the lock of the setup. */
export function settleTrust(folder: StateFolder): void {
  if (!folder.names().includes(CELL_FILES.trust) && cellTrust(folder) !== undefined)
    folder.rename(NEXT, CELL_FILES.trust);
  if (folder.names().includes(CELL_FILES.trust)) folder.remove(OLD);
}

/**
 * Makes the next keys of a cell where they are missing, one for each role, and the request for
 * their certificates.
 *
 * @returns path of the request
 */
export async function requestCertificates(folder: StateFolder, config: CellConfig): Promise<string> {
  const next = folder.make(NEXT);
  const requests: string[] = [];
  for (const role of CELL_ROLES) {
    const wanted = { role, name: config.cell_id, hosts: config.hosts };
    requests.push(makeSigningRequest(wanted, privateKeyOf(await nextKey(next, role))));
  }
  await folder.write(CELL_FILES.request, requests.join(''));
  return folder.file(CELL_FILES.request);
}

/** Makes the next keys of a cell and issues their certificates at once. */
export async function issueCertificates(
  folder: StateFolder,
  config: CellConfig,
  authority: Authority,
  days: number,
): Promise<void> {
  const next = folder.make(NEXT);
  const issue = async (role: CellRole) => {
    const key = privateKeyOf(await nextKey(next, role));
    const request = { role, name: config.cell_id, hosts: config.hosts, days };
    return authority.issueFor(request, createPublicKey(key)).certPem;
  };
  await install(folder, { ca: authority.certPem, cell: await issue('cell'), scheduler: await issue('scheduler') });
}

/**
 * Puts the certificates of an answer in force, once each of them fits its key, the cell's id and
 * its hosts.
 *
 * @throws {GrafosError} cell_answer_unfit
 */
export async function takeCertificates(folder: StateFolder, config: CellConfig, answer: string): Promise<void> {
  if (answer.length > ANSWER_BYTES_MAX) throw unfit(`It has ${answer.length} characters.`);
  const pems = certificatesIn(answer);
  if (pems.length !== 3)
    throw unfit(`It has ${pems.length} certificates: of a CA, a cell and a scheduler it must have one each.`);
  const next = folder.find(NEXT);
  if (next === undefined) throw unfit('No request waits for an answer.');
  const ca = pems.find(isCa);
  if (ca === undefined) throw unfit('It has no certificate of a CA.');
  const find = (role: CellRole) => {
    const key = privateKeyOf(next.readText(keyFile(role)) ?? '');
    const found = pems.find((pem) => new X509Certificate(pem).checkPrivateKey(key));
    if (found === undefined) throw unfit(`No certificate in it is for the key of the ${role} that waits here.`);
    checkCertificate(found, ca, role, config);
    return `${found}\n`;
  };
  await install(folder, { ca: `${ca}\n`, cell: find('cell'), scheduler: find('scheduler') });
}

/** The CA certificate of an answer: the very one that {@link takeCertificates} puts in force. */
export function answerCa(answer: string): string | undefined {
  return certificatesIn(answer).find(isCa);
}

/** File names of a role's pair in the folder of certificates. */
export function certificateFile(role: CellRole): string {
  return `${role}.pem`;
}

export function keyFile(role: CellRole): string {
  return `${role}-key.pem`;
}

async function nextKey(next: StateFolder, role: CellRole): Promise<string> {
  const known = next.readText(keyFile(role));
  if (known !== undefined) return known;
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  await next.write(keyFile(role), pem);
  return pem;
}

/** Completes the next folder and swaps it in. A reader sees the old pairs or the new ones. */
async function install(folder: StateFolder, { ca, cell, scheduler }: CellCertificates): Promise<void> {
  const next = folder.make(NEXT);
  await next.write(certificateFile('cell'), cell);
  await next.write(certificateFile('scheduler'), scheduler);
  await next.write(CA, ca);
  folder.remove(OLD);
  if (folder.names().includes(CELL_FILES.trust)) folder.rename(CELL_FILES.trust, OLD);
  settleTrust(folder);
  folder.remove(CELL_FILES.request);
}

function certificatesIn(answer: string): string[] {
  return answer.replaceAll('\r\n', '\n').match(CERTIFICATE_PEM) ?? [];
}

function isCa(pem: string): boolean {
  try {
    readCa(new X509Certificate(pem).raw);
    return true;
  } catch (error) {
    if (error instanceof DerInvalidError) return false;
    throw unfit('It has a certificate that cannot be read.', error);
  }
}

function checkCertificate(pem: string, ca: string, role: CellRole, { cell_id: name, hosts }: CellConfig): void {
  const caDer = new X509Certificate(ca).raw;
  try {
    for (const host of hosts)
      checkPeerChain([new X509Certificate(pem).raw], { caDer, usage: 'server', roles: [role], name, host });
  } catch (cause) {
    if (!(cause instanceof PeerRefusedError)) throw cause;
    throw unfit(`The certificate of the ${role} does not fit: ${cause.detail}.`, cause);
  }
}

function unfit(why: string, cause?: unknown): GrafosError {
  return new GrafosError('cell_answer_unfit', 'The answer to the signing request cannot be used.', {
    why,
    next: 'Sign the request.pem of this cell: grafos cell sign --help',
    cause,
  });
}
