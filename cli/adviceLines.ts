import type { FuelAdvice } from '../toolchain/fuel/exhaustedAdvice.ts';
import { countText } from './countText.ts';

/** Lists why a run had too little fuel and what to do. Other runs have no lines. */
export function adviceLines(advice: FuelAdvice | null): string[] {
  if (advice === null) return [];
  const { used, budget, at, next } = advice;
  return [
    `  budget    used ${countText(used)} of ${countText(budget)}${at === null ? '' : ` (${at})`}`,
    ...next.map((line, index) => `  ${index === 0 ? 'next:' : '     '} ${line}`),
  ];
}
