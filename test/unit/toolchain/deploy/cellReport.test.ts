import assert from 'node:assert/strict';
import { confirmCell } from '../../../../toolchain/confirm/cellConfirmation.ts';
import { cellReport } from '../../../../toolchain/deploy/cellReport.ts';
import { expiredCell } from '../../../helpers/expiredCell.ts';
import { temporaryFolder } from '../../../helpers/temporaryFolder.ts';

const { signal } = new AbortController();

describe('the report of a cell', () => {
  it('says that it is not confirmed, and asks nothing then', async () => {
    await using folder = await temporaryFolder();
    await using expired = await expiredCell('old');
    const report = await cellReport(folder.path, 'gcp', expired.cell, signal);
    assert.deepEqual([report.name, report.ready, report.confirmed, report.cost], ['old', false, false, 'unknown']);
    assert.match(report.message, /not confirmed/);
    assert.match(String(report.next), /provider confirm gcp/);
  });

  it('says why a cell is not ready, and what to do', async () => {
    await using folder = await temporaryFolder();
    await using expired = await expiredCell('old');
    await confirmCell(folder.path, 'gcp', expired.cell, false);
    const report = await cellReport(folder.path, 'gcp', expired.cell, signal);
    assert.deepEqual(
      [report.ready, report.confirmed, report.version, report.certificate_ends, report.last_heartbeat],
      [false, true, null, null, null],
    );
    assert.match(report.message, /certificate/);
    assert.notEqual(report.next, null);
    assert.equal(expired.asked(), 0);
  });
});
