import { configOf, labelOffsets } from '../tools/forgeLabel.ts';
import { at, type LabelBytes, seal } from '../tools/labelImage.ts';
import { encodeXdr } from '../tools/nvlistEncode.ts';
import { EXTREMES, forgePairs } from './configLies.ts';
import { type Pick, pickFrom } from './random.ts';

const LABEL = 262144;
const CONFIG = { offset: 0x4000, size: 114688 } as const;
const RING = { offset: 0x20000, size: 131072 } as const;

/** What is done to the labels of one device; `others` give what is spliced in. */
export type Mutation = (labels: LabelBytes, others: readonly LabelBytes[], pick: Pick) => void;

const label = (labels: LabelBytes, pick: Pick): number => pickFrom(pick, labelOffsets(labels));
/** Most of a label is zeros: the start of the config and the ring are not. */
const place = (pick: Pick): number => (pick(2) === 0 ? CONFIG.offset + pick(2000) : RING.offset + pick(RING.size));

/** A config under a right checksum: in every label, or in one. */
function forgeConfig(labels: LabelBytes, others: readonly LabelBytes[], pick: Pick): void {
  const forged = forgePairs(configOf(pickFrom(pick, others)), pick, 1 + pick(4));
  const every = pick(3) > 0;
  for (const offset of every ? labelOffsets(labels) : [label(labels, pick)]) {
    const region = at(labels, offset + CONFIG.offset, CONFIG.size);
    region.fill(0).set(encodeXdr({ pairs: forged }).subarray(0, CONFIG.size - 40));
    seal(region, offset + CONFIG.offset);
  }
}

/** Uberblocks that stand there, some words of them at their limits, under a right checksum. */
function forgeUberblocks(labels: LabelBytes, _: readonly LabelBytes[], pick: Pick): void {
  const size = 1024 << pick(4);
  for (let n = 1 + pick(6); n > 0; n--) {
    const offset = label(labels, pick) + RING.offset + pick(RING.size / size) * size;
    const slot = at(labels, offset, size);
    const view = new DataView(slot.buffer, slot.byteOffset, slot.byteLength);
    view.setBigUint64(0, 0xbab10cn, true);
    for (let fields = 1 + pick(4); fields > 0; fields--) {
      view.setBigUint64(8 + pick(26) * 8, pickFrom(pick, EXTREMES), pick(4) > 0);
    }
    seal(slot, offset, pick(4) > 0);
  }
}

/** Mutations under a right checksum, which reach all that is behind it. */
export const SEALED: readonly Mutation[] = [forgeConfig, forgeUberblocks];

export const MUTATIONS: readonly Mutation[] = [
  function flipBytes(labels, _, pick) {
    for (let n = 1 + pick(8); n > 0; n--) at(labels, label(labels, pick) + place(pick), 1)[0] = pick(256);
  },
  function zero(labels, _, pick) {
    const from = pick(LABEL - 512);
    at(labels, label(labels, pick) + from, 512 + pick(LABEL - 512 - from)).fill(0);
  },
  function spliceLabel(labels, others, pick) {
    const other = pickFrom(pick, others);
    at(labels, label(labels, pick), LABEL).set(at(other, label(other, pick), LABEL));
  },
  function spliceBlocks(labels, others, pick) {
    const other = pickFrom(pick, others);
    const size = 1024 << pick(6);
    const [to, from] = [pick(LABEL - size), pick(LABEL - size)].map((offset) => offset - (offset % 512));
    at(labels, label(labels, pick) + (to ?? 0), size).set(at(other, label(other, pick) + (from ?? 0), size));
  },
  ...SEALED,
];
