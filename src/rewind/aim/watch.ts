import type { Uberblock } from '../../format/uberblock.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { compareUberblocks, uberblockCopies } from '../../pool/uberblockCopies.ts';
import type { Finding } from '../findings/finding.ts';
import type { SeenUberblock } from '../findings/values/states.ts';

/**
 * Whether somebody writes to the pool: the newest uberblock of its devices, heartbeats included, at two times.
 *
 * @param again the devices of `pool` as they read later, those that could be read
 * @param seconds between the two
 * Source: module/zfs/spa.c, spa_activity_check
 */
export function watchFinding(pool: Pool, again: readonly DeviceSurvey[], seconds: number): Finding {
  const [before, after] = [newestOf(pool.devices), newestOf(again)];
  if (after === null || (before !== null && compareUberblocks(after, before) <= 0)) {
    return { code: 'watched', severity: 'info', values: { seconds }, devices: [] };
  }
  return {
    code: 'multihost',
    severity: 'error',
    values: {
      seen: 'writing',
      host: pool.hostname,
      seconds,
      before: before === null ? null : seen(before),
      after: seen(after),
    },
    devices: [],
  };
}

function newestOf(devices: readonly DeviceSurvey[]): Uberblock | null {
  let newest: Uberblock | null = null;
  for (const device of devices) {
    for (const { uberblock } of uberblockCopies(device)) {
      if (newest === null || compareUberblocks(uberblock, newest) > 0) newest = uberblock;
    }
  }
  return newest;
}

const seen = ({ txg, timestamp, mmp }: Uberblock): SeenUberblock => ({
  txg,
  time: timestamp,
  sequence: mmp?.sequence ?? null,
});
