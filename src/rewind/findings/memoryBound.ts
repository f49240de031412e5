import type { Evidence, Finding } from './finding.ts';

/** That something was found out again: an answer that takes long says why, and none is silent about it. */
export function memoryBound({ spent = [] }: Pick<Evidence, 'spent'>): Finding[] {
  if (spent.length === 0) return [];
  const most = new Map(spent.map((bound) => [bound.what, bound]));
  return [{ code: 'memory-bound', severity: 'info', values: { bounds: [...most.values()] }, devices: [] }];
}
