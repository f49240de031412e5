import type { Evidence, Finding } from './finding.ts';

/** Pools that a later one was made over: which, where and when. */
export function overwrittenPools({ pool, judged, overlaps }: Evidence): Finding[] {
  const fails = judged.find(({ candidate }) => candidate.taken)?.prediction.verdict !== 'importable';
  return overlaps.map(({ device, by, part }): Finding => {
    return {
      code: 'overwritten-by-pool',
      severity: fails ? 'error' : 'warning',
      values: {
        device: device.source.name,
        pool: pool.name,
        by: { name: by.pool.name, guid: by.pool.guid },
        bytes: part === null ? null : { first: part.start, last: part.start + part.size - 1 },
        until: by.newest.timestamp,
      },
      devices: [device, by.device],
    };
  });
}
