import assert from 'node:assert/strict';
import { type RunTurn, RunTurns } from '../../daemons/scheduler/runs/runTurns.ts';

describe('turns of runs at the scheduler', () => {
  let turns: RunTurns;
  let begun: string[];
  let all: Map<string, RunTurn>;

  beforeEach(() => {
    turns = new RunTurns();
    begun = [];
    all = new Map();
  });

  const take = (module: string, name = module): RunTurn => {
    const turn = turns.take(module);
    all.set(name, turn);
    void turn.begun.then((mayRun) => mayRun && begun.push(name));
    return turn;
  };

  /** One run of it so that it is known; two of them so that they compete. */
  const known = (ms: number, ...modules: string[]): void => {
    for (const module of modules) turns.take(module).end(ms);
  };

  /** Ends what has begun, one after another, and then what begins by that. */
  const endAll = async (): Promise<void> => {
    for (let at = 0; ; at++) {
      await Promise.resolve();
      const name = begun[at];
      if (name === undefined) return;
      all.get(name)?.end();
    }
  };

  it('hold nobody back where one module alone is asked for', async () => {
    for (let i = 0; i < 40; i++) take('one', `${i}`);
    await Promise.resolve();
    assert.equal(begun.length, 40);
  });

  it('are few where modules compete, and one of another module does not wait for all of the first', async () => {
    known(1, 'many', 'one');
    for (let i = 0; i < 40; i++) take('many', `many ${i}`);
    take('one');
    await Promise.resolve();
    assert.ok(begun.length <= 4, `${begun.length} at one time`);
    await endAll();
    assert.equal(begun.length, 41);
    assert.ok(begun.indexOf('one') < 10, `it was number ${begun.indexOf('one') + 1}`);
  });

  it('are shared by time, not by runs', async () => {
    known(1, 'short');
    known(8, 'longer');
    for (let i = 0; i < 40; i++) {
      take('longer', `longer ${i}`);
      take('short', `short ${i}`);
    }
    await endAll();
    const last = begun.lastIndexOf('short 39');
    assert.ok(last < 60, `the last of the short was number ${last + 1} of ${begun.length}`);
  });

  it('go to modules that nobody ran yet as if they were one', async () => {
    known(20, 'slow', 'other');
    for (let i = 0; i < 40; i++) take(`fresh ${i}`);
    take('slow');
    await endAll();
    assert.equal(begun.length, 41);
    assert.ok(begun.indexOf('slow') < 10, `it was number ${begun.indexOf('slow') + 1}`);
  });

  it('of long runs keep no turn of short ones', async () => {
    known(1, 'quick');
    for (let i = 0; i < 40; i++) take(`fresh ${i}`);
    take('quick');
    await Promise.resolve();
    assert.ok(begun.includes('quick'));
  });

  it('are given back by a run that takes long', async () => {
    known(1, 'a', 'b');
    for (let i = 0; i < 5; i++) take('a', `a ${i}`);
    await all.get('a 4')?.begun;
    assert.ok(begun.includes('a 4'));
  });

  it("begin in the order of a module's runs, also when it becomes known meanwhile", async () => {
    known(20, 'slow', 'other');
    const names = Array.from({ length: 12 }, (_, i) => `fresh ${i}`);
    for (const name of names.slice(0, 6)) take('fresh', name);
    await Promise.resolve();
    all.get('fresh 0')?.end(1);
    for (const name of names.slice(6)) take('fresh', name);
    await endAll();
    assert.deepEqual(begun, names);
  });

  it('that are given up go to the next, once', async () => {
    known(1, 'a', 'b');
    for (let i = 0; i < 12; i++) take('a', `a ${i}`);
    const last = all.get('a 11') as RunTurn;
    assert.equal(last.giveUp(), true);
    assert.equal(last.giveUp(), false);
    assert.equal(await last.begun, false);
    await endAll();
    assert.equal(begun.length, 11);
    assert.equal(all.get('a 0')?.giveUp(), false);
  });
});
