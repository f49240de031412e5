import type { Uberblock } from '../format/uberblock.ts';
import type { DeviceSurvey, SlotSurvey } from './survey.ts';

/** One slot that holds a sound uberblock. */
export interface UberblockCopy {
  readonly device: DeviceSurvey;
  /** 0 to 3. */
  readonly label: number;
  readonly slot: number;
  readonly uberblock: Uberblock;
  /** Repeats the last synced uberblock to say that its host is alive; syncs nothing. */
  readonly heartbeat: boolean;
}

/** Every slot of `device` that OpenZFS would take for an uberblock, label by label; those of other pools are left out. */
export function* uberblockCopies(device: DeviceSurvey): Generator<UberblockCopy> {
  for (const label of device.labels) {
    for (const slot of label.ring?.slots ?? []) {
      if (slot.uberblock === null || (slot.state !== 'valid' && slot.state !== 'mmp')) continue;
      yield {
        device,
        label: label.index,
        slot: slot.index,
        uberblock: slot.uberblock,
        heartbeat: isHeartbeat(slot, slot.uberblock),
      };
    }
  }
}

/**
 * A sync writes sequence 0, a heartbeat counts on from there. Writers before 0.8 had no sequence: theirs are known by
 * their slot.
 *
 * Source: module/zfs/mmp.c, mmp_write_uberblock; module/zfs/uberblock.c, uberblock_update
 */
function isHeartbeat(slot: SlotSurvey, uberblock: Uberblock): boolean {
  const sequence = uberblock.mmp?.sequence ?? null;
  return sequence === null ? slot.state === 'mmp' : sequence > 0;
}

/**
 * Order in which OpenZFS prefers uberblocks: negative when `a` comes before `b`, that is, when `b` is taken.
 *
 * Source: module/zfs/vdev_label.c, vdev_uberblock_compare
 */
export function compareUberblocks(a: Uberblock, b: Uberblock): number {
  return (
    compare(a.txg, b.txg) ||
    compare(a.timestamp, b.timestamp) ||
    compare(BigInt(a.mmp?.sequence ?? 0), BigInt(b.mmp?.sequence ?? 0))
  );
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

/** The 128 bytes of the root block pointer, a code unit each: equal when two uberblocks share one root. Not for eyes. */
export function rootKey(uberblock: Uberblock): string {
  return Reflect.apply(String.fromCharCode, null, uberblock.rootbp.bytes);
}

/** The four labels of a device share one uberblock, and each of several steps asks. */
const contentKeys = new WeakMap<Uberblock, string>();

/** What two copies of one uberblock share whatever a heartbeat changed: equal on all devices that were written together. */
export function contentKey(uberblock: Uberblock): string {
  const known = contentKeys.get(uberblock);
  if (known !== undefined) return known;
  const { txg, guidSum, checkpointTxg, version, raidzReflow } = uberblock;
  const { offset, state } = raidzReflow;
  const key = `${txg} ${guidSum} ${checkpointTxg} ${version} ${offset} ${state} ${rootKey(uberblock)}`;
  contentKeys.set(uberblock, key);
  return key;
}
