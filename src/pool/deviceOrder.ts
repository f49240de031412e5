import type { LabelConfig } from '../format/labelConfig.ts';
import type { Uberblock } from '../format/uberblock.ts';
import type { DeviceSurvey } from './survey.ts';
import { compareUberblocks, contentKey, uberblockCopies } from './uberblockCopies.ts';

/** What assembling asks of a device, worked out once. */
export interface DeviceFacts {
  readonly device: DeviceSurvey;
  /** The label config that decides whose device this is; null when none decodes. */
  readonly config: LabelConfig | null;
  /** The checksum of that label holds. */
  readonly sound: boolean;
  readonly newest: Uberblock | null;
  /** Contents of all sound uberblocks. */
  readonly contents: ReadonlySet<string>;
  readonly guidSums: ReadonlySet<bigint>;
}

/**
 * Which of the labels speaks for the device: of the first label that decodes soundly the pool, as `zpool import` takes
 * it, and of that pool's labels the newest. A disk that changed pools may still carry labels of the other at its end.
 *
 * Source: lib/libzutil/zutil_import.c, zpool_read_label
 */
export function decidingConfig(device: Pick<DeviceSurvey, 'labels'>): LabelConfig | null {
  const labels = device.labels.filter(({ config }) => config !== null);
  const ok = labels.filter(({ status }) => status === 'ok');
  let deciding: LabelConfig | null = null;
  for (const { config } of ok.length > 0 ? ok : labels) {
    if (config === null) continue;
    const newer = config.poolGuid === deciding?.poolGuid && (config.txg ?? 0n) > (deciding.txg ?? 0n);
    if (deciding === null || newer) deciding = config;
  }
  return deciding;
}

export function factsOf(device: DeviceSurvey): DeviceFacts {
  let newest: Uberblock | null = null;
  const contents = new Set<string>();
  const guidSums = new Set<bigint>();
  for (const { uberblock } of uberblockCopies(device)) {
    if (newest === null || compareUberblocks(newest, uberblock) < 0) newest = uberblock;
    contents.add(contentKey(uberblock));
    guidSums.add(uberblock.guidSum);
  }
  const sound = device.labels.some(({ status }) => status === 'ok');
  return { device, config: decidingConfig(device), sound, newest, contents, guidSums };
}

/**
 * Order that does not depend on the order in which sources were given, the device to trust first: sound label, newest
 * label, newest uberblock, then by name.
 */
export function compareFacts(a: DeviceFacts, b: DeviceFacts): number {
  return (
    Number(b.sound) - Number(a.sound) ||
    descending(a.config?.txg ?? 0n, b.config?.txg ?? 0n) ||
    descending(a.newest?.txg ?? 0n, b.newest?.txg ?? 0n) ||
    descending(a.newest?.timestamp ?? 0n, b.newest?.timestamp ?? 0n) ||
    compareNames(a.device, b.device)
  );
}

/** By name as code units, then by size: two sources of one name are two windows on one file. */
export function compareNames(a: DeviceSurvey, b: DeviceSurvey): number {
  const [left, right] = [a.source.name, b.source.name];
  return left < right ? -1 : left > right ? 1 : a.source.size - b.source.size;
}

const descending = (a: bigint, b: bigint): number => (a > b ? -1 : a < b ? 1 : 0);
