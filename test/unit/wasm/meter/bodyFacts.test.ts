import assert from 'node:assert/strict';
import { BodyFacts } from '../../../../wasm/meter/bodyFacts.ts';

const FLAGS = ['calls', 'tailCalls', 'vectors', 'floats', 'checks', 'straight'] as const;
const NUMBERS = ['start', 'end', 'first', 'locals', 'cost', 'waiting', 'callValues'] as const;

describe('the facts of function bodies', () => {
  it('are each recalled as they were kept, in any order', () => {
    const facts = new BodyFacts(FLAGS.length + 1);
    for (let body = 0; body <= FLAGS.length; body++) {
      facts.begin(body * 100, body * 100 + 50, body * 100 + 3);
      [facts.locals, facts.cost, facts.waiting, facts.callValues] = [body, 2 * body, 3 * body, 4 * body];
      // Each body has another flag.
      for (const [at, flag] of FLAGS.entries()) facts[flag] = at === body;
      facts.keep();
    }
    for (const body of [3, 0, FLAGS.length, 1, 2, 5, 4, 3]) {
      facts.recall(body);
      const { start, end, first, locals, cost, waiting, callValues } = facts;
      assert.deepEqual(
        [start, end, first, locals, cost, waiting, callValues],
        [body * 100, body * 100 + 50, body * 100 + 3, body, 2 * body, 3 * body, 4 * body],
      );
      assert.deepEqual(
        FLAGS.map((flag) => facts[flag]),
        FLAGS.map((_, at) => at === body),
      );
    }
  });

  it('begin anew with each body', () => {
    const facts = new BodyFacts(2);
    facts.begin(1, 2, 1);
    for (const flag of FLAGS) facts[flag] = true;
    [facts.locals, facts.cost, facts.waiting, facts.callValues] = [1, 2, 3, 4];
    facts.keep();
    facts.begin(5, 9, 6);
    assert.deepEqual(
      FLAGS.map((flag) => facts[flag]),
      [false, false, false, false, false, true],
    );
    assert.deepEqual(
      NUMBERS.map((name) => facts[name]),
      [5, 9, 6, 0, 0, 0, 0],
    );
  });

  it('have the likely branches of each body, also of more than there was room for', () => {
    const facts = new BodyFacts(3);
    const counts = [50, 0, 200];
    for (const count of counts) {
      facts.begin(0, 0, 0);
      for (let place = 0; place < count; place++) {
        const number = facts.addIf();
        if (place % 3 === 0) facts.markLikely(number);
      }
      facts.keep();
    }
    for (const [body, count] of counts.entries()) {
      facts.recall(body);
      for (let place = 0; place < count; place++)
        assert.equal(facts.isLikely(place), place % 3 === 0, `${body} ${place}`);
    }
  });

  it('know the first small loop of each body', () => {
    const facts = new BodyFacts(3);
    for (const loops of [[10, 20], [], [30]]) {
      facts.begin(0, 0, 0);
      facts.smallLoops.push(...loops);
      facts.keep();
    }
    const firsts = [0, 1, 2].map((body) => {
      facts.recall(body);
      return facts.firstSmallLoop;
    });
    assert.deepEqual(firsts, [0, 2, 2]);
  });

  it('keep more values of calls than there is room for as the most there are', () => {
    const facts = new BodyFacts(1);
    facts.begin(0, 0, 0);
    facts.callValues = 2 ** 40;
    facts.keep();
    facts.recall(0);
    assert.equal(facts.callValues, 2 ** 32 - 1);
  });
});
