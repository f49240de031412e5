import { LABEL_REGIONS } from '../../format/label.layout.ts';
import type { DeviceSurvey, SlotSurvey } from '../../pool/survey.ts';
import type { Evidence, Finding } from './finding.ts';
import type { DamagedSlot } from './values/rings.ts';

/** Slots that zdb lists as uberblocks and OpenZFS does not take; devices of which the same is true are told together. */
export function failingSlots({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken)?.txg ?? 0n;
  const alike = new Map<string, { readonly slots: readonly FoundSlot[]; readonly devices: DeviceSurvey[] }>();
  for (const device of pool.devices) {
    const slots = slotsOf(device, 'checksum');
    if (slots.length === 0) continue;
    const key = slots.map(({ label, slot }) => `${label}:${slot.index}:${slot.uberblock?.txg}`).join();
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { slots, devices: [device] });
    else known.devices.push(device);
  }
  return [...alike.values()].map(({ slots, devices }) => ({
    code: 'uberblock-checksum',
    severity: 'warning',
    values: {
      devices: devices.map(({ source }) => source.name),
      slots: slots.map(damaged),
      lostTxgs: txgsAbove(slots, newest),
    },
    devices,
  }));
}

/** Txgs of slots that fail their checksum and are newer than every sound uberblock of the pool. Oldest first. */
export function destroyedNewest({ devices }: Evidence['pool']): bigint[] {
  const of = (states: readonly SlotSurvey['state'][]) =>
    devices.flatMap((device) => states.flatMap((state) => slotsOf(device, state)));
  const sound = of(['valid', 'mmp']).flatMap(({ slot }) => slot.uberblock?.txg ?? []);
  return txgsAbove(of(['checksum']), sound.sort(byNumber).at(-1) ?? 0n);
}

function txgsAbove(slots: readonly FoundSlot[], newest: bigint): bigint[] {
  const txgs = slots.flatMap(({ slot }) => slot.uberblock?.txg ?? []);
  return [...new Set(txgs.filter((txg) => txg > newest))].sort(byNumber);
}

/** Damage that follows the sectors of the disk, not the slots of the ring. */
export function tornSectors({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const slots = slotsOf(device, 'torn');
    if (slots.length === 0) return [];
    return [
      {
        code: 'ring-sector-torn' as const,
        severity: 'warning' as const,
        values: { device: device.source.name, slots: slots.map(damaged) },
        devices: [device],
      },
    ];
  });
}

/** Devices of which no ring holds a single uberblock, and that not because the rings are fresh. */
export function lostRings({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const rings = device.labels.flatMap(({ index, offset, ring }) => (ring === null ? [] : [{ index, offset, ring }]));
    const [first] = rings;
    const slots = rings.flatMap(({ ring }) => ring.slots);
    if (first === undefined || slots.some(({ uberblock }) => uberblock !== null)) return [];
    const garbage = slots.filter(({ state }) => state === 'garbage').length;
    if (garbage === 0) return [];
    return [
      {
        code: 'ring-lost' as const,
        severity: 'error' as const,
        values: {
          device: device.source.name,
          label: first.index,
          offset: first.offset + LABEL_REGIONS.ring.offset,
          rings: rings.length,
          garbage,
          used: slots.length,
        },
        devices: [device],
      },
    ];
  });
}

/** Slots that could not be read at all. */
export function unreadableSlots({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const slots = slotsOf(device, 'unreadable');
    if (slots.length === 0) return [];
    return [
      {
        code: 'ring-unreadable' as const,
        severity: 'warning' as const,
        values: { device: device.source.name, slots: slots.map(damaged) },
        devices: [device],
      },
    ];
  });
}

interface FoundSlot {
  readonly label: number;
  readonly slot: SlotSurvey;
}

function slotsOf(device: DeviceSurvey, state: SlotSurvey['state']): FoundSlot[] {
  return device.labels.flatMap((label) =>
    (label.ring?.slots ?? []).filter((slot) => slot.state === state).map((slot) => ({ label: label.index, slot })),
  );
}

const damaged = ({ label, slot }: FoundSlot): DamagedSlot => ({
  label,
  slot: slot.index,
  txg: slot.uberblock?.txg ?? null,
});

const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
