import type { CellPlan } from '../toolchain/cloud/planCell.ts';

/** The plan of a cell, one fact a line. */
export function cloudPlanFacts(plan: CellPlan): Array<readonly [name: string, value: string]> {
  const { found } = plan;
  return [
    ['cell', `${plan.name} of ${plan.provider}`],
    ['account', plan.account],
    ['as', plan.principal],
    ['region', plan.region],
    ['machine', `${plan.size}, Debian 13, ${plan.target}`],
    ...(found.state === 'failed' ? [['first', `removes what failed: ${found.resource}: ${found.why}`] as const] : []),
    ...plan.resources.map(
      ({ type, name }, index) =>
        [
          index > 0 ? '' : found.state === 'absent' || found.state === 'failed' ? 'makes' : 'has',
          `${type}  ${name}`,
        ] as const,
    ),
    ...plan.open.map(
      ({ port, from, until }, index) =>
        [index > 0 ? '' : 'opens', `TCP port ${port} to ${whom(from)} until ${until}`] as const,
    ),
    ['', 'nothing else to anybody; the machine itself may connect to anywhere'],
    ['price', `unknown; the page of ${plan.provider} has it: ${plan.price.see}`],
  ];
}

function whom(from: string): string {
  return from === '0.0.0.0/0' ? 'EVERYBODY (0.0.0.0/0)' : from;
}
