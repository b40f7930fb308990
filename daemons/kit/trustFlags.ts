import { path, peerName, required } from './flags.ts';

/**
 * The flags of a daemon that name its cell and the files of its trust.
 *
 * @param owner names the owner of the certificate, for the help
 */
export function trustFlags(owner: 'cell' | 'scheduler' | 'tenant') {
  return {
    cellId: required('cell-id', peerName, 'name of the cell'),
    ca: required('ca', path, 'certificate of the CA that peers must have'),
    cert: required('cert', path, `certificate of the ${owner}`),
    key: required('key', path, 'its key'),
  };
}
