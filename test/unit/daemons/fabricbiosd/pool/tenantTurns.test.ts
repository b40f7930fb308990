import assert from 'node:assert/strict';
import { TenantTurns } from '../../../../../daemons/fabricbiosd/pool/tenantTurns.ts';

interface Item {
  tenant: string;
  name: string;
}

function turnsOf(...names: string[]): { turns: TenantTurns<Item>; items: Map<string, Item> } {
  const turns = new TenantTurns<Item>(3);
  const items = new Map(names.map((name) => [name, { tenant: name[0] ?? '', name }]));
  for (const item of items.values()) turns.add(item);
  return { turns, items };
}

/** Takes items until none is left that fits. */
function order(turns: TenantTurns<Item>, fits: (item: Item) => boolean = () => true): string[] {
  const taken: string[] = [];
  for (let item = turns.next(fits); item !== undefined; item = turns.next(fits)) {
    turns.take(item);
    taken.push(item.name);
  }
  return taken;
}

describe('turns of tenants', () => {
  it('go round, whatever waits, and keep the order of one tenant', () => {
    const { turns } = turnsOf('a1', 'a2', 'a3', 'a4', 'b1', 'b2', 'c1');
    assert.equal(turns.size, 7);
    assert.deepEqual(order(turns), ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
    assert.equal(turns.size, 0);
  });

  it('let a third tenant in beside two that never stop', () => {
    const { turns } = turnsOf('a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'c1');
    assert.ok(order(turns).indexOf('c1') < 3);
  });

  it('pass over what does not fit now', () => {
    const { turns, items } = turnsOf('a1', 'a2', 'b1');
    assert.deepEqual(
      order(turns, ({ tenant }) => tenant !== 'a'),
      ['b1'],
    );
    assert.deepEqual(
      order(turns, ({ name }) => name !== 'a1'),
      ['a2'],
    );
    assert.equal(
      turns.next(() => true),
      items.get('a1'),
    );
  });

  it('look through a bounded number of items of one tenant, and so reach the next', () => {
    const { turns } = turnsOf('a1', 'a2', 'a3', 'a4', 'b1');
    assert.deepEqual(
      order(turns, ({ name }) => name === 'a4' || name === 'b1'),
      ['b1'],
    );
  });

  it('leave out what was deleted, which takes no turn', () => {
    const { turns, items } = turnsOf('a1', 'a2', 'b1');
    assert.equal(turns.delete(items.get('a1') as Item), true);
    assert.equal(turns.delete(items.get('a1') as Item), false);
    turns.take(items.get('a1') as Item);
    assert.deepEqual(order(turns), ['a2', 'b1']);
  });

  it('give all at once, and are empty then', () => {
    const { turns } = turnsOf('a1', 'b1', 'a2');
    assert.deepEqual(
      turns.clear().map(({ name }) => name),
      ['a1', 'a2', 'b1'],
    );
    assert.deepEqual([turns.size, turns.next(() => true)], [0, undefined]);
  });
});
