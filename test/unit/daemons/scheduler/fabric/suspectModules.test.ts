import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StateFolder } from '../../../../../base/files/stateFolder.ts';
import { CellGuard } from '../../../../../daemons/scheduler/fabric/cellGuard.ts';
import { SuspectModules } from '../../../../../daemons/scheduler/fabric/suspectModules.ts';
import { temporaryFolder } from '../../../../helpers/temporaryFolder.ts';

/** Deaths in turn, each with the modules under way; runs that ended before; who is set aside. */
const ROWS: Array<{ what: string; ended: Record<string, number>; deaths: string[][]; suspects: string[] }> = [
  { what: 'one death', ended: {}, deaths: [['a', 'b']], suspects: [] },
  { what: 'two deaths of one module', ended: {}, deaths: [['a'], ['a']], suspects: ['a'] },
  {
    what: 'a bystander that ran well',
    ended: { b: 20 },
    deaths: [
      ['a', 'b'],
      ['a', 'b'],
    ],
    suspects: ['a'],
  },
  { what: 'a bystander that came later', ended: { b: 20 }, deaths: [['a', 'b'], ['a'], ['b']], suspects: ['a'] },
  { what: 'a module that ran well and then ends the cell', ended: { a: 50 }, deaths: [['a'], ['a']], suspects: ['a'] },
  {
    what: 'two that ran well, always together',
    ended: { a: 50, b: 50 },
    deaths: [
      ['a', 'b'],
      ['a', 'b'],
    ],
    suspects: [],
  },
  {
    what: 'two that ran well, one there oftener',
    ended: { a: 50, b: 50 },
    deaths: [['a', 'b'], ['a', 'b'], ['a']],
    suspects: ['a'],
  },
  { what: 'deaths without a run', ended: {}, deaths: [[], []], suspects: [] },
];

describe('modules that end their cell', () => {
  for (const { what, ended, deaths, suspects } of ROWS) {
    it(what, () => {
      const modules = new SuspectModules();
      for (const [name, count] of Object.entries(ended)) for (let i = 0; i < count; i++) modules.ended(name);
      for (const under of deaths) modules.died(new Map(under.map((name) => [name, 0])));
      assert.deepEqual(modules.all, suspects);
      for (const name of suspects) assert.ok(modules.has(name));
    });
  }

  it('takes a long run for a bystander where others are new', () => {
    const modules = new SuspectModules();
    const died = (young: string) =>
      modules.died(
        new Map([
          ['long', 40_000],
          [young, 5],
        ]),
      );
    for (const young of ['a', 'b', 'c']) died(young);
    assert.deepEqual(modules.all, []);
    died('d');
    assert.deepEqual(modules.all, ['long'], 'it was there each time');
    const alone = new SuspectModules();
    for (let i = 0; i < 2; i++) alone.died(new Map([['long', 40_000]]));
    assert.deepEqual(alone.all, ['long'], 'alone it is no bystander');
  });

  it('forgets the oldest of very many', () => {
    const modules = new SuspectModules();
    modules.died(new Map([['first', 0]]));
    for (let i = 0; i < 20_000; i++) modules.ended(`m${i}`);
    modules.died(new Map([['first', 0]]));
    assert.deepEqual(modules.all, []);
  });
});

describe('a cell that dies', () => {
  for (const isThere of [true, false]) {
    it(`is written down, and ${isThere ? 'the' : 'no'} folder of a program that ${isThere ? 'stays' : 'was moved'} is there after`, async () => {
      await using program = await temporaryFolder();
      const dev = join(program.path, 'old', '.grafos', 'dev');
      if (isThere) StateFolder.at(dev);
      const log = { info() {}, warn() {}, error() {} };
      const guard = new CellGuard({ stateFile: join(dev, 'dev.json'), stateDir: dev, log });
      guard.watch({ pid: 2 ** 22 + 1, started: 'long ago', log: join(dev, 'logs/fabricbiosd.log'), command: ['true'] });
      await guard.linkLost(new Map());
      assert.equal(existsSync(join(program.path, 'old')), isThere);
      guard.stop();
    });
  }
});
