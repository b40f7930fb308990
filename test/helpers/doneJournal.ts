import type { CloudJournal } from '../../toolchain/cloud/cloudJournal.ts';

/** The notes of a cell that was made in aws and answers at a URL. */
export function doneJournal(name: string, region: string, url: string): CloudJournal {
  return {
    version: 1,
    provider: 'aws',
    name,
    account: '123456789012',
    regions: [region],
    size: 't3.small',
    from: '192.0.2.1/32',
    token: 'token',
    step: 'done',
    url,
    began: '2026-01-02T03:04:05Z',
  };
}
