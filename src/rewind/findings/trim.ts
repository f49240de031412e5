import { type Evidence, type Finding, list } from './finding.ts';

/** What a pool does on its own to unused space, where the states lie that a rewind gives up and older ones need. */
export function trimHazard({ facts, best, candidates }: Evidence): Finding[] {
  const trim = facts?.trim ?? null;
  if (trim === null || (!trim.autotrim && trim.running.length === 0)) return [];
  const parts = trim.running.map(({ vdev, what }) => `${what === 'trim' ? 'a trim' : 'an initialize'} of ${vdev}`);
  const what = [
    ...(trim.autotrim ? ['autotrim is on'] : []),
    ...(parts.length === 0 ? [] : [`${list(parts)} is not done`]),
  ].join(' and ');
  const rewinds = best !== null && candidates.some(({ taken, txg }) => taken && txg > best.candidate.txg);
  return [
    {
      code: 'trim-hazard',
      severity: rewinds ? 'warning' : 'info',
      message: `At txg ${trim.txg} ${what}: soon after a read-write import, space that the imported txg does not use is ${parts.some((each) => each.startsWith('an')) ? 'overwritten' : 'discarded by the disks'}, and with it every other txg. Import read-only, or write to an overlay.`,
      devices: [],
    },
  ];
}
