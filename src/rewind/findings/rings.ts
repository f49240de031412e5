import { LABEL_REGIONS } from '../../format/label.layout.ts';
import type { DeviceSurvey, SlotSurvey } from '../../pool/survey.ts';
import { count, type Evidence, type Finding, list, several } from './finding.ts';

/** Slots that zdb lists as uberblocks and OpenZFS does not take; devices of which the same is true are told together. */
export function failingSlots({ pool, candidates }: Evidence): Finding[] {
  const newest = candidates.find(({ taken }) => taken)?.txg ?? 0n;
  const told = new Map<string, DeviceSurvey[]>();
  for (const device of pool.devices) {
    const slots = slotsOf(device, 'checksum');
    if (slots.length === 0) continue;
    const ahead = txgsAbove(slots, newest);
    const lost =
      ahead.length === 0
        ? ''
        : ` Txg ${list(ahead)} ${ahead.length === 1 ? 'is' : 'are'} newer than any sound uberblock: what was written last is lost with ${ahead.length === 1 ? 'it' : 'them'}.`;
    const text = `${count(slots.length, 'uberblock slot')} ${slots.length === 1 ? 'fails its' : 'fail their'} checksum: ${list(byTxg(slots))}. zdb -lu shows them as normal; an import ignores them.${lost}`;
    told.set(text, [...(told.get(text) ?? []), device]);
  }
  return [...told].map(([text, devices]) => ({
    code: 'uberblock-checksum',
    severity: 'warning',
    message: `${list(devices.map(({ source }) => source.name))}: ${devices.length > 1 ? 'each ' : ''}${text}`,
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

/** `txg 97 (slot 1 of labels 0-3)`, by txg. */
function byTxg(slots: readonly FoundSlot[]): string[] {
  const labels = new Map<string, number[]>();
  for (const { label, slot } of slots) {
    const key = `txg ${slot.uberblock?.txg ?? '?'} (slot ${slot.index}`;
    labels.set(key, [...(labels.get(key) ?? []), label]);
  }
  return [...labels].map(([key, of]) => `${key} of ${several('label', of)})`);
}

/** Damage that follows the sectors of the disk, not the slots of the ring. */
export function tornSectors({ pool }: Evidence): Finding[] {
  return pool.devices.flatMap((device) => {
    const slots = slotsOf(device, 'torn');
    if (slots.length === 0) return [];
    return [
      {
        code: 'ring-sector-torn',
        severity: 'warning' as const,
        message: `${device.source.name}: ${count(slots.length, 'uberblock slot')} half written, or damaged together with the others in one physical sector: ${list(whichSlots(slots))}. The device lost power or was cut off during a write.`,
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
    const at = `@ 0x${(first.offset + LABEL_REGIONS.ring.offset).toString(16)}`;
    return [
      {
        code: 'ring-lost',
        severity: 'error' as const,
        message: `${device.source.name} ${at} label ${first.index} > ring: no uberblock in ${garbage} of ${count(slots.length, 'slot')} that hold something, in ${count(rings.length, 'ring')}: they were overwritten. This device cannot tell a txg; its labels still say where it belongs.`,
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
        code: 'ring-unreadable',
        severity: 'warning' as const,
        message: `${device.source.name}: ${count(slots.length, 'uberblock slot')} could not be read: ${list(whichSlots(slots))}.`,
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

/** `slots 96-99 of labels 0-3`: labels of which the same is true together, then what the slots still say. */
function whichSlots(slots: readonly FoundSlot[]): string[] {
  const byLabel = new Map<number, FoundSlot[]>();
  for (const each of slots) byLabel.set(each.label, [...(byLabel.get(each.label) ?? []), each]);
  const labels = new Map<string, number[]>();
  for (const [label, own] of byLabel) {
    const said = own.flatMap(({ slot }) => slot.uberblock?.txg ?? []);
    const says = said.length === 0 ? '' : ` (what is left says txg ${list(said)})`;
    const key = `${several(
      'slot',
      own.map(({ slot }) => slot.index),
    )} of ;${says}`;
    labels.set(key, [...(labels.get(key) ?? []), label]);
  }
  return [...labels].map(([key, of]) => key.replace(';', several('label', of)));
}

const byNumber = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
