import type { Uberblock } from '../../format/uberblock.ts';
import type { Pool } from '../../pool/pool.ts';
import type { DeviceSurvey } from '../../pool/survey.ts';
import { compareUberblocks, uberblockCopies } from '../../pool/uberblockCopies.ts';
import { type Finding, time } from '../findings/finding.ts';

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
    const message = `No uberblock was written in ${seconds} s of watching.`;
    return { code: 'watched', severity: 'info', message, devices: [] };
  }
  const host = pool.hostname === null ? '' : ` Its labels name host ${pool.hostname}.`;
  const from = before === null ? 'nothing' : describe(before);
  const message = `The pool is in use by another host right now: do not import it read-write. In ${seconds} s its newest uberblock went from ${from} to ${describe(after)}.${host}`;
  return { code: 'multihost', severity: 'error', message, devices: [] };
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

function describe({ txg, timestamp, mmp }: Uberblock): string {
  const sequence = mmp?.sequence ?? null;
  return `txg ${txg} (${time(timestamp)})${sequence === null ? '' : `, sequence ${sequence}`}`;
}
