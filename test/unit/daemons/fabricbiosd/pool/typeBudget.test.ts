import assert from 'node:assert/strict';
import { TypeBudget } from '../../../../../daemons/fabricbiosd/pool/typeBudget.ts';

const range = (from: number, count: number) => Array.from({ length: count }, (_, at) => from + at);

describe('function types that a cell has met', () => {
  it('counts a type once, for the tenant who brought it', () => {
    const budget = new TypeBudget();
    for (let time = 0; time < 100; time++) budget.add('a', range(0, 50_000));
    budget.add('b', range(0, 60_000));
    assert.equal(budget.refusal('a'), null);
    assert.equal(budget.refusal('b'), null);
  });

  it('refuses new modules of a tenant that brought very many, and of no other', () => {
    const budget = new TypeBudget();
    budget.add('a', range(0, 100_000));
    assert.match(budget.refusal('a')?.message ?? '', /this tenant brought 100000/);
    assert.equal(budget.refusal('b'), null);
  });

  it('refuses all new modules before V8 would end the process', () => {
    const budget = new TypeBudget();
    for (let tenant = 0; tenant < 8; tenant++) budget.add(`t${tenant}`, range(tenant * 90_000, 90_000));
    assert.match(budget.refusal('another')?.message ?? '', /all tenants/);
  });
});
