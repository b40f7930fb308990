import assert from 'node:assert/strict';
import type { Call } from '../../../../../daemons/scheduler/http/call.ts';
import { createRunRoutes, type RunRouteParts } from '../../../../../daemons/scheduler/http/createRunRoutes.ts';
import { RefusedError } from '../../../../../daemons/scheduler/refused.ts';
import { NOT_ENDED } from '../../../../../daemons/scheduler/runs/endRun.ts';
import type { RunServiceParts } from '../../../../../daemons/scheduler/runs/runParts.ts';
import { requestHash } from '../../../../../daemons/scheduler/runs/runRequest.ts';
import { createRunService } from '../../../../../daemons/scheduler/runs/runService.ts';
import type { StoredRun } from '../../../../../daemons/scheduler/store/runTable.ts';
import { OUTPUT_SHA256, SUBMIT } from '../../../../helpers/goodAnswers.ts';

const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const quota = { runs_soft: 1, runs_hard: 1, burst_per_minute: 9, mem_bytes: 0 };
const unwritable = new RefusedError('storage_unavailable', 'The audit log cannot be written.');

/** The routes of a scheduler whose audit log cannot be written. `happened` has all that it did. */
function unrecorded(known?: StoredRun) {
  const happened: string[] = [];
  const identity = { cell_id: 'aws-1', provider: 'aws', region: 'eu' };
  const parts = {
    tenants: { get: () => ({ quota }) },
    leases: { bytes: () => 0, ofRun: () => null },
    link: { status: () => ({ healthy: true, identity, inventory: { mem_capacity: 1 } }), session: () => null },
    modules: { has: () => true },
    suspects: null,
    runs: { byKey: () => known, bytes: () => ({ input: null }) },
    decisions: { insert: () => happened.push('decided') },
    store: { change: () => happened.push('stored') },
    files: { write: () => happened.push('written') },
    grants: { ask: () => happened.push('executed') },
  };
  const service = createRunService(parts as unknown as RunServiceParts);
  const routes = createRunRoutes({ service, mustBeActive: () => {}, firstConnect: Promise.resolve() } as RunRouteParts);
  const submit = (key?: string) => {
    const call = {
      actor: { role: 'tenant', name: 'acme' },
      headers: { 'idempotency-key': key },
      body: SUBMIT,
      allow: (subject: string | null) => {
        assert.match(String(subject), /^[0-9a-z]{26}$/);
        throw unwritable;
      },
    };
    return routes.submitRun(call as unknown as Call);
  };
  return { happened, service, submit };
}

describe('a submit that cannot be recorded', () => {
  it('starts no run, and takes nothing of the quota', async () => {
    const { happened, service, submit } = unrecorded();
    // The quota has room for one run, so each try would be refused by that if one were left.
    for (let round = 0; round < 3; round += 1) await assert.rejects(async () => submit(), unwritable);
    assert.deepEqual([happened, service.active(), service.runsActive('acme')], [[], 0, 0]);
  });

  it('starts no run again that its cell had lost', async () => {
    const lost = {
      ...NOT_ENDED,
      run_id: '01jx0000000000000000000000',
      tenant: 'acme',
      mem_bytes: 0,
      module_sha256: OUTPUT_SHA256,
      request_sha256: requestHash(SUBMIT, EMPTY_SHA256),
      error: { code: 'worker_lost', message: 'gone' },
      state: 'failed',
    } as unknown as StoredRun;
    const { happened, service, submit } = unrecorded(lost);
    for (let round = 0; round < 3; round += 1) await assert.rejects(async () => submit('one'), unwritable);
    assert.deepEqual([happened, service.active(), service.runsActive('acme')], [[], 0, 0]);
  });
});
