import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { GrafosError } from '../../../../base/grafosError.ts';
import { LIMITS } from '../../../../base/limits.ts';
import type { ProfileJob } from '../../../../daemons/wire/fuelProfile.ts';
import { PROFILE_LIMITS } from '../../../../daemons/wire/profileLimits.ts';
import type { RunRecord } from '../../../../daemons/wire/tenantApi.ts';
import { countRun } from '../../../../toolchain/profile/countRun.ts';
import { compileWat } from '../../../helpers/compileWat.ts';
import { RECORD } from '../../../helpers/goodAnswers.ts';
import { childrenOf } from '../../../helpers/processesNaming.ts';
import { WAT } from '../../../helpers/watTasklets.ts';
import { PROFILE_CORPUS } from '../../../hostile/profileCorpus.ts';

const MIB = 1024 * 1024;
const SIGNAL = new AbortController().signal;

function job(module: Uint8Array, record: Partial<RunRecord> = {}): ProfileJob {
  const usual = { fuel: 1_000_000, linear_memory_bytes: 32 * MIB, timeout_ms: 1_000, mem_bytes: 0 };
  return {
    record: { ...RECORD, ...usual, ...record },
    module_b64: Buffer.from(module).toString('base64'),
    input_b64: '',
  };
}

/** A job of which no text can be made. */
function unspeakable(): ProfileJob {
  const one = job(compileWat(WAT.hello));
  return Object.assign(one, { again: one });
}

const endless = () =>
  job(PROFILE_CORPUS.find(({ limit }) => limit === 'timeMs')?.module() ?? new Uint8Array(), {
    fuel: LIMITS.fuelMax,
    timeout_ms: LIMITS.timeoutMsMax,
  });

describe('a run that is done again with counters', () => {
  afterEach(() => {
    assert.deepEqual(childrenOf(process.pid, 'fabricbiosd'), [], 'a process stays');
  });

  it('gives its counters, with fabric memory too', async () => {
    const counted = await countRun(job(compileWat(WAT.hello), { mem_bytes: 65_536 }), SIGNAL);
    assert.equal(counted.state, 'succeeded');
    assert.equal(
      counted.places.reduce((sum, [, , fuel]) => sum + fuel, 0),
      counted.fuel_used,
    );
  });

  for (const { name, limit, module, record, bounds, code, says } of PROFILE_CORPUS) {
    it(`is given up at ${limit}: ${name}`, async () => {
      await assert.rejects(countRun(job(module(), record), SIGNAL, { ...PROFILE_LIMITS, ...bounds }), (error) => {
        assert.ok(error instanceof GrafosError, String(error));
        assert.equal(error.code, code, error.why);
        const [, why = error.why] = /profile: (.*)\.$/s.exec(error.why ?? '') ?? [];
        assert.match(why ?? '', says);
        return true;
      });
    });
  }

  it('starts no process where its signal was aborted before', async () => {
    await assert.rejects(countRun(endless(), AbortSignal.abort()), { name: 'AbortError' });
  });

  it('starts no process where its text cannot be made', async () => {
    await assert.rejects(countRun(unspeakable(), SIGNAL), TypeError);
  });

  it('is gone when its signal is aborted', async () => {
    const abort = new AbortController();
    const counted = countRun(endless(), abort.signal);
    await Promise.race([counted.catch(() => {}), delay(300)]);
    abort.abort();
    await assert.rejects(counted, { code: 'interrupted' });
  });
});
