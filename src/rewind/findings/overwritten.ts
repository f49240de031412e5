import { type Evidence, type Finding, time } from './finding.ts';

/** Pools that a later one was made over: which, where and when. */
export function overwrittenPools({ pool, judged, overlaps }: Evidence): Finding[] {
  const fails = judged.find(({ candidate }) => candidate.taken)?.prediction.verdict !== 'importable';
  return overlaps.map(({ device, by, part }): Finding => {
    const later = `pool ${by.pool.name ?? 'without name'} (guid ${by.pool.guid})`;
    const where = part === null ? 'in the same place' : `in its bytes ${part.start} to ${part.start + part.size - 1}`;
    return {
      code: 'overwritten-by-pool',
      severity: fails ? 'error' : 'warning',
      message: `${device.source.name}: ${later} lies ${where} and was written later, until ${time(by.newest.timestamp)}: it has been made over ${pool.name ?? 'this pool'}, and what it wrote over is lost here. Decide which of the two is wanted: to import one read-write damages the other. What was overwritten is in images from before that alone.`,
      devices: [device, by.device],
    };
  });
}
