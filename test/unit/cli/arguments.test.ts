import assert from 'node:assert/strict';
import { boundsOf, countOption, daysOption, durationOption, runLimits, sizeOption } from '../../../cli/arguments.ts';
import { SCHEMAS } from '../../../daemons/wire/apiSchemas.ts';

const refused = (read: () => unknown, what: RegExp, next: RegExp) =>
  assert.throws(read, (error: { code?: string; message?: string; next?: string }) => {
    assert.equal(error.code, 'wrong_usage');
    assert.match(error.message ?? '', what);
    assert.match(error.next ?? '', next);
    return true;
  });

describe('the value of an option', () => {
  it('is taken at both ends of its bounds, and no further', () => {
    const sizes = { min: 1024, max: 4096 };
    assert.deepEqual([sizeOption('--s', '1k', sizes), sizeOption('--s', '4KiB', sizes)], [1024, 4096]);
    for (const text of ['1023', '4097', '0', '5m'])
      refused(() => sizeOption('--s', text, sizes), /^--s cannot be "/, /^Give a size from 1KiB to 4KiB\.$/);
    const times = { min: 1, max: 60_000 };
    assert.deepEqual([durationOption('--t', '1ms', times), durationOption('--t', '1m', times)], [1, 60_000]);
    for (const text of ['0s', '61s', '2h'])
      refused(() => durationOption('--t', text, times), /^--t cannot be "/, /^Give a duration from 1ms to 1m\.$/);
    assert.deepEqual([countOption('--n', '1', 3, 1), countOption('--n', '3', 3, 1)], [1, 3]);
    for (const text of ['0', '4', '-1', '1.5', ''])
      refused(() => countOption('--n', text, 3, 1), /^--n cannot be "/, /^Give a whole number from 1 to 3\.$/);
  });

  it('names its form where it has another', () => {
    refused(() => sizeOption('--s', '1MB'), /^--s cannot be "1MB"/, /MiB/);
    refused(() => durationOption('--t', '5'), /^--t cannot be "5"/, /a unit/);
    for (const text of ['0', '-1', '1.5', 'many', ''])
      refused(() => daysOption(text, 398), /^--days cannot be "/, /^Give a whole number of days from 1 to 398\.$/);
    assert.equal(daysOption('398', 398), 398);
  });

  it('has the bounds of the API where it is a limit of a run', () => {
    const { fuel, timeout_ms, linear_memory_bytes } = SCHEMAS.RunSubmit.properties ?? {};
    const both = (key: string) => boundsOf('tasklet', key);
    assert.deepEqual(both('fuel'), { min: fuel?.minimum, max: fuel?.maximum });
    assert.deepEqual(both('timeout'), { min: timeout_ms?.minimum, max: timeout_ms?.maximum });
    // The API takes less than a page, with which no module starts.
    assert.deepEqual(both('linear_memory'), { min: 65_536, max: linear_memory_bytes?.maximum });
    assert.deepEqual(runLimits({ fuel: '1_000', timeout: '15m', linearMemory: '64KiB' }), {
      fuel: 1000,
      timeout_ms: 900_000,
      linear_memory_bytes: 65_536,
    });
    for (const given of [
      { fuel: '0' },
      { timeout: '0s' },
      { timeout: '16m' },
      { linearMemory: '1' },
      { linearMemory: '5GiB' },
    ])
      refused(() => runLimits(given), /^--(fuel|timeout|linear-memory) cannot be/, / from .* to /);
  });
});
