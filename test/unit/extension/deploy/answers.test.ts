import assert from 'node:assert/strict';
import { keepAnswers, readAnswers } from '../../../../extension/deploy/answers.ts';

describe('answers that are remembered', () => {
  const store = () => {
    const kept = new Map<string, unknown>();
    return {
      get: <T>(key: string) => kept.get(key) as T | undefined,
      update: async (key: string, value: unknown) => void kept.set(key, value),
    };
  };

  it('are of one tasklet of one program', async () => {
    const memory = store();
    await keepAnswers(memory, '/p', 'a', { input: { kind: 'fixture', name: 'x' }, provider: 'aws', mem: 1 });
    assert.deepEqual(readAnswers(memory, '/p', 'a'), {
      input: { kind: 'fixture', name: 'x' },
      provider: 'aws',
      mem: 1,
    });
    assert.deepEqual(readAnswers(memory, '/p', 'b'), {});
    assert.deepEqual(readAnswers(memory, '/q', 'a'), {});
  });

  it('keep no long text', async () => {
    const memory = store();
    await keepAnswers(memory, '/p', 'a', { input: { kind: 'text', text: 'x'.repeat(20_000) }, mem: 2 });
    assert.deepEqual(readAnswers(memory, '/p', 'a'), { mem: 2 });
  });
});
