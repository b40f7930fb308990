import assert from 'node:assert/strict';
import { GrafosError } from '../../../../base/grafosError.ts';
import { HelperRefusedError, refusalAnswer } from '../../../../daemons/helper/helperRefusal.ts';
import { REFUSAL_REASONS } from '../../../../daemons/wire/tenantApi.ts';

describe('the answer to an error of the helper', () => {
  it('is that of a refusal, with its status, headers and advice', () => {
    const error = new HelperRefusedError(401, 'bearer_wrong', 'No.', {
      next: 'Do this.',
      headers: { 'www-authenticate': 'Bearer' },
    });
    assert.deepEqual(refusalAnswer(error), {
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { error: { reason: 'bearer_wrong', message: 'No.', next: 'Do this.' } },
    });
    const plain = refusalAnswer(new HelperRefusedError(404, 'not_found', 'No.'));
    assert.deepEqual(plain?.body, { error: { reason: 'not_found', message: 'No.' } });
  });

  const rows: Array<[error: GrafosError, status: number, message: string, next: RegExp | undefined]> = [
    [new GrafosError('scheduler_unreachable', 'It is gone.'), 503, 'It is gone.', /grafos dev doctor/],
    [new GrafosError('scheduler_unreachable', 'Gone.', { next: 'Wait.' }), 503, 'Gone.', /^Wait\.$/],
    [new GrafosError('manifest_invalid', 'It is wrong.', { why: 'a.toml:1' }), 409, 'It is wrong: a.toml:1', undefined],
    [new GrafosError('not_found', 'No run.', { kind: 'refused' }), 404, 'No run.', undefined],
    [new GrafosError('quota_hard_limit_exceeded', 'Full.', { kind: 'refused' }), 429, 'Full.', undefined],
    [new GrafosError('lease_denied: quota', 'Full.', { kind: 'refused' }), 429, 'Full.', undefined],
    [new GrafosError('lease_denied: capacity', 'Full.', { kind: 'refused' }), 503, 'Full.', undefined],
    [new GrafosError('role_required', 'No.', { kind: 'refused' }), 403, 'No.', undefined],
    [new GrafosError('interrupted', 'Ended.'), 502, 'Ended.', undefined],
    [new GrafosError('mem_answer_invalid', 'Odd.', { kind: 'bad-answer' }), 502, 'Odd.', undefined],
  ];
  for (const [error, status, message, next] of rows) {
    it(`is ${status} for ${error.code} of the kind ${error.kind}`, () => {
      const answer = refusalAnswer(error);
      assert.deepEqual([answer?.status, answer?.body.error.reason], [status, error.code]);
      assert.equal(answer?.body.error.message, message);
      if (next === undefined) assert.equal(answer?.body.error.next, error.next);
      else assert.match(answer?.body.error.next ?? '', next);
    });
  }

  it('is a client error or a server error for every reason of the scheduler', () => {
    for (const reason of REFUSAL_REASONS) {
      const status = refusalAnswer(new GrafosError(reason, 'No.', { kind: 'refused' }))?.status ?? 0;
      assert.ok(status >= 400 && status < 600, reason);
    }
  });

  it('is none for our own fault, whatever was thrown', () => {
    for (const thrown of [
      new Error('x'),
      new TypeError('x'),
      'x',
      undefined,
      null,
      { status: 200, reason: 'not_found' },
    ]) {
      assert.equal(refusalAnswer(thrown), undefined);
    }
  });
});
