import type { Evidence, Finding } from './finding.ts';

/** What a pool does on its own to unused space, where the states lie that a rewind gives up and older ones need. */
export function trimHazard({ facts, best, candidates }: Evidence): Finding[] {
  const trim = facts?.trim ?? null;
  if (trim === null || (!trim.autotrim && trim.running.length === 0)) return [];
  const rewinds = best !== null && candidates.some(({ taken, txg }) => taken && txg > best.candidate.txg);
  return [
    {
      code: 'trim-hazard',
      severity: rewinds ? 'warning' : 'info',
      values: { txg: trim.txg, autotrim: trim.autotrim, running: trim.running },
      devices: [],
    },
  ];
}
