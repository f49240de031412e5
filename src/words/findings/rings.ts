import type { DamagedSlot, RingValues } from '../../rewind/findings/values/rings.ts';
import { count, list, several } from '../amounts.ts';
import type { FindingWords } from './findingWords.ts';

export const RING_WORDS: FindingWords<keyof RingValues> = {
  'uberblock-checksum': ({ devices, slots, lostTxgs }) => {
    const [are, them] = lostTxgs.length === 1 ? ['is', 'it'] : ['are', 'them'];
    const lost =
      lostTxgs.length === 0
        ? ''
        : ` Txg ${list(lostTxgs)} ${are} newer than any sound uberblock: what was written last is lost with ${them}.`;
    const fail = slots.length === 1 ? 'fails its' : 'fail their';
    const each = devices.length > 1 ? 'each ' : '';
    return `${list(devices)}: ${each}${count(slots.length, 'uberblock slot')} ${fail} checksum: ${list(byTxg(slots))}. zdb -lu shows them as normal; an import ignores them.${lost}`;
  },
  'ring-sector-torn': ({ device, slots }) =>
    `${device}: ${count(slots.length, 'uberblock slot')} half written, or damaged together with the others in one physical sector: ${list(whichSlots(slots))}. The device lost power or was cut off during a write.`,
  'ring-unreadable': ({ device, slots }) =>
    `${device}: ${count(slots.length, 'uberblock slot')} could not be read: ${list(whichSlots(slots))}.`,
  'ring-lost': ({ device, label, offset, rings, garbage, used }) =>
    `${device} @ 0x${offset.toString(16)} label ${label} > ring: no uberblock in ${garbage} of ${count(used, 'slot')} that hold something, in ${count(rings, 'ring')}: they were overwritten. This device cannot tell a txg; its labels still say where it belongs.`,
};

/** `txg 97 (slot 1 of labels 0-3)`, by txg. */
function byTxg(slots: readonly DamagedSlot[]): string[] {
  const labels = new Map<string, number[]>();
  for (const { label, slot, txg } of slots) {
    const key = `txg ${txg ?? '?'} (slot ${slot}`;
    labels.set(key, [...(labels.get(key) ?? []), label]);
  }
  return [...labels].map(([key, of]) => `${key} of ${several('label', of)})`);
}

/** `slots 96-99 of labels 0-3`: labels of which the same is true together, then what the slots still say. */
function whichSlots(slots: readonly DamagedSlot[]): string[] {
  const byLabel = new Map<number, DamagedSlot[]>();
  for (const each of slots) byLabel.set(each.label, [...(byLabel.get(each.label) ?? []), each]);
  const alike = new Map<string, { readonly which: string; readonly says: string; readonly labels: number[] }>();
  for (const [label, own] of byLabel) {
    const which = several(
      'slot',
      own.map(({ slot }) => slot),
    );
    const said = own.flatMap(({ txg }) => txg ?? []);
    const says = said.length === 0 ? '' : ` (what is left says txg ${list(said)})`;
    const known = alike.get(`${which}${says}`);
    if (known === undefined) alike.set(`${which}${says}`, { which, says, labels: [label] });
    else known.labels.push(label);
  }
  return [...alike.values()].map(({ which, says, labels }) => `${which} of ${several('label', labels)}${says}`);
}
