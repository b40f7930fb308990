import assert from 'node:assert/strict';
import {
  decide,
  IDLE_MS,
  idleTooLong,
  LONG_MS,
  LOOKED_THROUGH,
  type TaskFacts,
  turnsLongAt,
  type WorkerFacts,
} from '../../../../../daemons/fabricbiosd/pool/policy.ts';
import { TenantTurns } from '../../../../../daemons/fabricbiosd/pool/tenantTurns.ts';

/** The time at which all rows are decided, milliseconds. */
const NOW = 1_000_000;

interface Task extends TaskFacts {
  name: string;
  tenant: string;
}

type Worker = { -readonly [Fact in keyof WorkerFacts<Task>]: WorkerFacts<Task>[Fact] };

/** A task from "short", "long", "compile" or "heavy", and "of" its group or tenant. */
function task(text: string): Task {
  const [sort = '', owner = '0'] = text.split(' of ');
  const isCompile = sort === 'compile' || sort === 'heavy';
  return {
    name: text,
    kind: isCompile ? 'compile' : 'run',
    short: sort === 'short',
    heavy: sort === 'heavy',
    group: isCompile ? 0 : Number(owner),
    tenant: isCompile ? owner : 'anybody',
  };
}

/**
 * A worker from its state, or from its task and "for" how many milliseconds it has had it; and
 * "lowered", "ending", "stubborn" where the system does not lower it, "replaced" while another
 * starts for it.
 */
function worker(text: string): Worker {
  const [what = '', ...marks] = text.split(', ');
  const [name = '', ms] = what.split(' for ');
  const states = ['starting', 'idle', 'tidying', 'ending'] as const;
  return {
    state: marks.includes('ending') ? 'ending' : (states.find((state) => state === name) ?? 'busy'),
    task: ms === undefined ? null : task(name),
    startedAt: NOW - Number(ms ?? 0),
    lowered: marks.includes('lowered'),
    canLower: !marks.includes('stubborn'),
    replacement: marks.includes('replaced') ? 'starting' : 'none',
    idleSince: NOW,
  };
}

interface Row {
  it: string;
  size?: number;
  workers: string[];
  waiting?: string[];
  lastGroup?: number;
  /** Every action, until none is left. */
  actions: string[];
}

/** Carries out what is decided on the row's own data, until nothing is. */
function actionsOf({ size = 2, workers, waiting = [], lastGroup = -1 }: Row): string[] {
  const slots = workers.map(worker);
  const snapshot = {
    now: NOW,
    size,
    workers: new Set(slots),
    lastGroup,
    waiting: {
      compile: new TenantTurns<Task>(LOOKED_THROUGH),
      long: new Set<Task>(),
      short: new Set<Task>(),
    },
  };
  for (const waits of waiting.map(task)) {
    if (waits.kind === 'compile') snapshot.waiting.compile.add(waits);
    else snapshot.waiting[waits.short ? 'short' : 'long'].add(waits);
  }
  const done: string[] = [];
  for (let actions = decide(snapshot); actions.length > 0; actions = decide(snapshot)) {
    assert.ok(done.length < 100, 'it comes to no end');
    for (const action of actions) {
      const at = 'worker' in action ? slots.indexOf(action.worker) : slots.length;
      switch (action.do) {
        case 'give':
          done.push(`give ${action.task.name} to ${at}`);
          snapshot.waiting.long.delete(action.task);
          snapshot.waiting.short.delete(action.task);
          snapshot.waiting.compile.take(action.task);
          snapshot.lastGroup = action.task.group;
          Object.assign(action.worker, { state: 'busy', task: action.task, startedAt: NOW });
          break;
        case 'start': {
          done.push(action.lowered ? 'start lowered' : 'start');
          const started = worker(action.lowered ? 'starting, lowered' : 'starting');
          slots.push(started);
          snapshot.workers.add(started);
          break;
        }
        case 'lower':
          done.push(`lower ${at}`);
          action.worker.lowered = action.worker.canLower;
          action.worker.canLower = action.worker.lowered;
          break;
        case 'end':
          done.push(`end ${at}`);
          action.worker.state = 'ending';
          break;
      }
    }
  }
  return done;
}

const ROWS: Row[] = [
  { it: 'does nothing while nothing waits', workers: ['idle', 'long for 900'], actions: [] },
  { it: 'gives a waiting task to an idle worker', workers: ['idle'], waiting: ['short'], actions: ['give short to 0'] },
  { it: 'starts a worker for a task that finds none', workers: [], waiting: ['short'], actions: ['start'] },
  { it: 'starts no second worker for one task', workers: ['starting'], waiting: ['long'], actions: [] },
  {
    it: 'starts no more workers than the pool has',
    workers: ['short for 1'],
    waiting: ['short', 'short', 'short', 'short'],
    actions: ['start'],
  },
  {
    it: 'does not count a worker that ends',
    workers: ['short for 1', 'ending'],
    waiting: ['short'],
    actions: ['start'],
  },
  {
    it: 'does not count a worker that another takes over from',
    workers: ['short for 1', 'short for 1, replaced'],
    waiting: ['short'],
    actions: ['start'],
  },
  {
    it: 'gives nothing to a worker that collects its garbage',
    workers: ['tidying', 'short for 1'],
    waiting: ['short'],
    actions: [],
  },
  {
    it: 'gives long tasks all workers but one',
    workers: ['idle', 'idle'],
    waiting: ['long of 1', 'long of 2', 'short of 3'],
    actions: ['give long of 1 to 0', 'give short of 3 to 1'],
  },
  {
    it: 'gives the only worker to a long task while no other has begun',
    workers: ['idle'],
    waiting: ['long'],
    size: 1,
    actions: ['give long to 0'],
  },
  {
    it: 'keeps the last idle worker for short tasks while a long one has begun',
    workers: ['long for 1', 'idle'],
    waiting: ['long of 1'],
    actions: [],
  },
  {
    it: 'keeps the last of four',
    workers: ['idle', 'idle', 'idle', 'idle'],
    waiting: ['long of 1', 'long of 2', 'long of 3', 'long of 4'],
    size: 4,
    actions: ['give long of 1 to 0', 'give long of 2 to 1', 'give long of 3 to 2'],
  },
  {
    it: 'lets long tasks have no place of short ones that have begun',
    workers: ['short for 1', 'short for 1'],
    waiting: ['long'],
    actions: [],
  },
  {
    it: 'lowers the worker of a task that has turned long, and starts another one in its place',
    workers: ['long for 50', 'short for 1'],
    waiting: ['short of 1'],
    actions: ['lower 0', 'start'],
  },
  {
    it: 'lowers no worker a moment before',
    workers: ['long for 49', 'short for 1'],
    waiting: ['short of 1'],
    actions: [],
  },
  {
    it: 'lowers the worker of a short task that has turned long',
    workers: ['short for 50', 'short for 1'],
    waiting: ['short of 1'],
    actions: ['lower 0', 'start'],
  },
  {
    it: 'lowers it for a task that finds an idle worker, too',
    workers: ['long for 50', 'idle'],
    waiting: ['short of 1'],
    actions: ['give short of 1 to 1', 'lower 0'],
  },
  {
    it: 'lowers no worker that ends',
    workers: ['long for 50, ending', 'idle'],
    waiting: ['short of 1'],
    actions: ['give short of 1 to 1'],
  },
  {
    it: 'goes on where the system lowers nothing',
    workers: ['long for 50, stubborn', 'long for 50, stubborn'],
    waiting: ['short of 1', 'short of 2', 'short of 3'],
    actions: ['start', 'start'],
  },
  {
    it: 'tries to lower a worker once',
    workers: ['long for 50, stubborn', 'short for 1'],
    waiting: ['short of 1'],
    actions: ['start'],
  },
  {
    it: 'runs long tasks only on lowered workers while there is one',
    workers: ['long for 60, lowered', 'idle', 'idle'],
    waiting: ['long of 1'],
    actions: ['start lowered'],
  },
  {
    it: 'gives a long task to an idle lowered worker, and a short one to another',
    workers: ['idle, lowered', 'idle'],
    waiting: ['long of 1', 'short of 2'],
    actions: ['give long of 1 to 0', 'give short of 2 to 1'],
  },
  {
    it: 'gives a lowered worker no short task',
    workers: ['idle, lowered', 'short for 1', 'short for 1'],
    waiting: ['short of 1'],
    actions: [],
  },
  {
    it: 'keeps the last place of long tasks from a module that has begun',
    workers: ['long of 1 for 60, lowered', 'long of 1 for 60, lowered', 'idle, lowered', 'idle'],
    waiting: ['long of 1', 'long of 2'],
    actions: ['give long of 2 to 2'],
  },
  {
    it: 'has as many long tasks as the pool has workers twice, but one',
    workers: ['long of 1 for 60, lowered', 'long of 1 for 60, lowered', 'long of 2 for 60, lowered', 'short for 1'],
    waiting: ['long of 3'],
    actions: [],
  },
  {
    it: 'ends a lowered worker that comes on top of the long tasks',
    workers: ['long for 60, lowered', 'long for 60, lowered', 'long for 60, lowered', 'idle, lowered', 'idle'],
    actions: ['end 3'],
  },
  {
    it: 'starts a worker for short tasks although short ones turned long in more workers than the pool has',
    workers: Array.from({ length: 7 }, () => 'long for 60, lowered'),
    waiting: ['short of 1', 'short of 2'],
    actions: ['start'],
  },
  {
    it: 'starts none once four times as many are spare',
    workers: Array.from({ length: 8 }, () => 'long for 60, lowered'),
    waiting: ['short of 1'],
    actions: [],
  },
  {
    it: 'compiles small modules in all workers but one',
    workers: ['idle', 'idle', 'idle'],
    size: 3,
    waiting: ['compile of a', 'compile of a', 'compile of a', 'short of 1'],
    actions: ['give compile of a to 0', 'give compile of a to 1', 'give short of 1 to 2'],
  },
  {
    it: 'compiles before it runs long tasks',
    workers: ['idle', 'idle'],
    waiting: ['long of 1', 'compile of a'],
    actions: ['give compile of a to 0'],
  },
  {
    it: 'lowers the worker of a large module before it begins',
    workers: ['idle', 'idle'],
    waiting: ['heavy of a'],
    actions: ['lower 0', 'give heavy of a to 0'],
  },
  {
    it: 'compiles one large module at one time, and small ones beside it',
    workers: ['heavy of a for 5, lowered', 'idle, lowered', 'idle'],
    waiting: ['heavy of b', 'compile of b'],
    actions: ['give compile of b to 1'],
  },
  {
    it: 'compiles for the tenant whose turn is longest ago',
    workers: ['idle', 'idle', 'idle'],
    size: 3,
    waiting: ['compile of a', 'compile of a', 'compile of b'],
    actions: ['give compile of a to 0', 'give compile of b to 1'],
  },
  {
    it: 'gives first a short task of a group that no worker has',
    workers: ['short of 1 for 1', 'idle'],
    waiting: ['short of 1', 'short of 2'],
    actions: ['give short of 2 to 1'],
  },
  {
    it: 'gives first a short task of a group that did not come last',
    workers: ['idle'],
    size: 1,
    lastGroup: 1,
    waiting: ['short of 1', 'short of 2'],
    actions: ['give short of 2 to 0'],
  },
  {
    it: 'gives the oldest short task where all are of one group',
    workers: ['idle', 'idle'],
    lastGroup: 1,
    waiting: ['short of 1', 'short of 1'],
    actions: ['give short of 1 to 0', 'give short of 1 to 1'],
  },
  {
    it: 'looks for another group among a bounded number of tasks',
    workers: ['idle'],
    size: 1,
    lastGroup: 1,
    waiting: [...Array.from({ length: LOOKED_THROUGH }, () => 'short of 1'), 'short of 2'],
    actions: ['give short of 1 to 0'],
  },
];

describe('the policy of the worker pool', () => {
  for (const row of ROWS) it(row.it, () => assert.deepEqual(actionsOf(row), row.actions));

  it('changes nothing by itself', () => {
    const workers = new Set(['long for 60', 'idle'].map(worker));
    const waiting = { compile: new TenantTurns<Task>(1), long: new Set<Task>(), short: new Set([task('short of 1')]) };
    const snapshot = { now: NOW, size: 2, workers, lastGroup: 0, waiting };
    const before = structuredClone({ workers, short: waiting.short });
    const first = decide(snapshot);
    assert.deepEqual({ workers, short: waiting.short }, before);
    assert.deepEqual(decide(snapshot), first);
  });

  const times: Array<[it: string, workers: string[], at: number]> = [
    ['never while no task has begun', ['idle', 'starting'], Number.POSITIVE_INFINITY],
    ['never when all tasks are long', ['long for 50', 'short for 51'], Number.POSITIVE_INFINITY],
    ['for the oldest task that is not', ['long for 60', 'short for 20', 'long for 30'], NOW - 30 + LONG_MS],
  ];
  for (const [name, workers, at] of times) {
    it(`knows when the next task turns long: ${name}`, () =>
      assert.equal(turnsLongAt({ workers: workers.map(worker), now: NOW }), at));
  }

  const idle = (text: string, ms = IDLE_MS): Worker => ({ ...worker(text), idleSince: NOW - ms });
  const idles: Array<[it: string, workers: Worker[], at: number]> = [
    ['none of one', [idle('idle')], -1],
    ['the first that was idle for long', [idle('idle', 5), idle('idle'), idle('idle')], 1],
    ['a lowered one before the others', [idle('idle'), idle('idle, lowered')], 1],
    ['none that has a task or a successor', [idle('short for 1'), idle('idle, replaced')], -1],
    ['none that is idle for a moment less', [idle('idle', IDLE_MS - 1), idle('short for 1')], -1],
  ];
  for (const [name, workers, at] of idles) {
    it(`ends an idle worker: ${name}`, () =>
      assert.equal(idleTooLong({ workers: new Set(workers), now: NOW }), workers[at]));
  }
});
