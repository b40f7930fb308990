import assert from 'node:assert/strict';
import { BalanceAt, LastStep, RegionPlan } from '../../../../wasm/meter/regionPlan.ts';

describe('RegionPlan', () => {
  it('is full after 64 regions, and empty again once it is cleared', () => {
    const plan = new RegionPlan();
    for (let at = 0; at < 64; at++) {
      assert.equal(plan.isFull, false, `${at}`);
      plan.addRegion(at, 0);
    }
    assert.equal(plan.isFull, true);
    plan.addExit(1, 2, 3, 4, true);
    plan.longSteps.add(5);
    plan.movedLocals.add(6);
    plan.clear();
    assert.deepEqual(
      [plan.isFull, plan.count, plan.exitCount, plan.longSteps.count, plan.movedLocals.count],
      [false, 0, 0, 0, 0],
    );
  });

  it('gives a region of an earlier stretch again, with nothing of it left', () => {
    const plan = new RegionPlan();
    const used = plan.addRegion(10, 2);
    Object.assign(used, {
      step: LastStep.unrolled,
      isDead: true,
      isChecked: true,
      from: BalanceAt.stack,
      stores: true,
      isDirect: true,
      callee: 9,
      refund: 8,
      loop: {},
    });
    plan.clear();
    const again = plan.addRegion(30, 1);
    assert.equal(again, used, 'no object is made for each region');
    const { start, depth, step, isDead, isChecked, from, stores, isDirect, callee, refund, loop } = again;
    assert.deepEqual(
      { start, depth, step, isDead, isChecked, from, stores, isDirect, callee, refund, loop },
      {
        start: 30,
        depth: 1,
        step: LastStep.copied,
        isDead: false,
        isChecked: false,
        from: BalanceAt.local,
        stores: false,
        isDirect: false,
        callee: 0,
        refund: 0,
        loop: null,
      },
    );
  });

  it('begins the exits of a region after those of the region before', () => {
    const plan = new RegionPlan();
    plan.addRegion(0, 0);
    plan.addExit(1, 2, 0, 7, false);
    plan.addExit(3, 4, 1, 6, true);
    assert.equal(plan.addRegion(5, 0).firstExit, 2);
    assert.deepEqual(plan.exits.slice(0, plan.exitCount), [
      { start: 1, after: 2, label: 0, refund: 7, stores: false },
      { start: 3, after: 4, label: 1, refund: 6, stores: true },
    ]);
    plan.clear();
    plan.addExit(8, 9, 2, 5, true);
    assert.deepEqual(plan.exits[0], { start: 8, after: 9, label: 2, refund: 5, stores: true });
  });
});
