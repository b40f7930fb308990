import assert from 'node:assert/strict';
import { PoolWorker } from '../../daemons/fabricbiosd/pool/poolWorker.ts';

interface Attacked {
  kind: string;
  answers: Record<string, string>;
}

describe('the realm of a run worker', () => {
  let answers: Record<string, string> = {};

  before(async () => {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, string>>();
    const url = new URL('./runtimeAttackingWorker.ts', import.meta.url);
    const worker = new PoolWorker(url, new SharedArrayBuffer(64), 'attacked', {
      message: (message) => {
        const { kind, answers } = message as unknown as Attacked;
        if (kind === 'attacked') resolve(answers);
      },
      log() {},
      exit: (cause) => reject(new Error(`the worker ended: ${cause}`)),
    });
    answers = await promise.finally(() => worker.end());
  });

  const refused = (group: string, why: RegExp, least: number) => {
    const tried = Object.entries(answers).filter(([name]) => name.startsWith(group));
    assert.ok(tried.length >= least, `${tried.length} attempts of "${group}"`);
    for (const [name, answer] of tried) assert.match(answer, why, name);
  };

  it('loads no module, whoever asks', () => refused('import ', /this worker loads no more modules/, 10));

  it('has no name of Node: no process, network, port, timer or thread', () => {
    refused('name ', /^ReferenceError: /, 20);
    refused('process ', /^ReferenceError: /, 1);
  });

  it('lets no built-in be changed', () => refused('change ', /^TypeError: /, 12));

  it('refuses files, processes, threads, addons and the inspector to who holds their modules', () => {
    for (const name of ['read', 'list', 'write', 'worker', 'inspector']) {
      assert.match(answers[`held: ${name}`] ?? '', /^ERR_ACCESS_DENIED: /, name);
    }
    // Some fail even before the permission is asked for, because `process` is empty.
    for (const name of ['spawn', 'builtin', 'kill', 'environment', 'addon']) {
      assert.match(answers[`held: ${name}`] ?? '', /^(ERR_ACCESS_DENIED|TypeError): /, name);
    }
  });
});
