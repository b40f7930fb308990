import assert from 'node:assert/strict';
import { type RunGrant, RunGrants } from '../../../../../daemons/scheduler/runs/runGrants.ts';

describe('grants of runs at the scheduler', () => {
  let grants: RunGrants;
  let begun: string[];
  let all: Map<string, RunGrant>;

  beforeEach(() => {
    grants = new RunGrants();
    begun = [];
    all = new Map();
  });

  const ask = (module: string, name = module): RunGrant => {
    const grant = grants.ask(module);
    all.set(name, grant);
    void grant.begun.then((mayRun) => mayRun && begun.push(name));
    return grant;
  };

  /** One run of it so that it is known; two of them so that they compete. */
  const known = (ms: number, ...modules: string[]): void => {
    for (const module of modules) grants.ask(module).end({ ms, short: ms < 10 });
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
    for (let i = 0; i < 40; i++) ask('one', `${i}`);
    await Promise.resolve();
    assert.equal(begun.length, 40);
  });

  it('are few where modules compete, and one of another module does not wait for all of the first', async () => {
    known(1, 'many', 'one');
    for (let i = 0; i < 40; i++) ask('many', `many ${i}`);
    ask('one');
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
      ask('longer', `longer ${i}`);
      ask('short', `short ${i}`);
    }
    await endAll();
    const last = begun.lastIndexOf('short 39');
    assert.ok(last < 60, `the last of the short was number ${last + 1} of ${begun.length}`);
  });

  it('go to modules that nobody ran yet as if they were one', async () => {
    known(20, 'slow', 'other');
    for (let i = 0; i < 40; i++) ask(`fresh ${i}`);
    ask('slow');
    await endAll();
    assert.equal(begun.length, 41);
    assert.ok(begun.indexOf('slow') < 10, `it was number ${begun.indexOf('slow') + 1}`);
  });

  it('of long runs keep no grant of short ones', async () => {
    known(1, 'quick');
    for (let i = 0; i < 40; i++) ask(`fresh ${i}`);
    ask('quick');
    await Promise.resolve();
    assert.ok(begun.includes('quick'));
  });

  it('are given back by a run that takes long', async () => {
    known(1, 'a', 'b');
    for (let i = 0; i < 5; i++) ask('a', `a ${i}`);
    await all.get('a 4')?.begun;
    assert.ok(begun.includes('a 4'));
  });

  it("begin in the order of a module's runs, also when it becomes known meanwhile", async () => {
    known(20, 'slow', 'other');
    const names = Array.from({ length: 12 }, (_, i) => `fresh ${i}`);
    for (const name of names.slice(0, 6)) ask('fresh', name);
    await Promise.resolve();
    all.get('fresh 0')?.end({ ms: 1, short: true });
    for (const name of names.slice(6)) ask('fresh', name);
    await endAll();
    assert.deepEqual(begun, names);
  });

  it('are as many as the cell has workers, and for long runs one less', async () => {
    grants.adopt({ workers_max: 5, long_ms: 60_000 });
    known(1, 'short', 'other');
    known(20, 'long');
    for (let i = 0; i < 9; i++) {
      ask('short', `short ${i}`);
      ask('long', `long ${i}`);
    }
    await Promise.resolve();
    const count = (module: string) => begun.filter((name) => name.startsWith(module)).length;
    assert.deepEqual([count('short'), count('long')], [5, 4]);
    grants.adopt({ workers_max: 7, long_ms: 60_000 });
    await Promise.resolve();
    assert.deepEqual([count('short'), count('long')], [7, 6], 'a cell with more workers is used at once');
    for (const grant of all.values()) if (!grant.giveUp()) grant.end();
  });

  it('of short runs are for modules that the cell expects to be short, whatever they took', async () => {
    grants.adopt({ workers_max: 1, long_ms: 60_000 });
    grants.ask('busy').end({ ms: 40, short: true });
    grants.ask('other').end({ ms: 1, short: false });
    for (const name of ['other', 'busy']) ask(name);
    await Promise.resolve();
    assert.deepEqual(begun, ['other', 'busy'], 'neither waits for the other');
    for (const name of ['busy', 'other']) ask(name, `${name} again`);
    await Promise.resolve();
    assert.equal(begun.length, 2);
    all.get('other')?.end();
    await Promise.resolve();
    assert.deepEqual(begun.slice(2), ['other again']);
    for (const grant of all.values()) if (!grant.giveUp()) grant.end();
  });

  it('that are given up go to the next, once', async () => {
    known(1, 'a', 'b');
    for (let i = 0; i < 12; i++) ask('a', `a ${i}`);
    const last = all.get('a 11') as RunGrant;
    assert.equal(last.giveUp(), true);
    assert.equal(last.giveUp(), false);
    assert.equal(await last.begun, false);
    await endAll();
    assert.equal(begun.length, 11);
    assert.equal(all.get('a 0')?.giveUp(), false);
  });
});
